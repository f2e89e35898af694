"""Text embeddings from the ml that runs the requested model, with an LRU cache.

`PICHAVEN_ML_URLS` may name several ml of different models while the model is being switched. A
text goes to one that runs the model of the index that is searched. Descriptions are requested
anew when no ml is known to run the requested model, and regularly by `ModelWatcher`.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import httpx
from cachetools import LRUCache

from pichaven_search.ml_client.client import MlClient, to_calibration
from pichaven_search.ml_client.model import EncoderUnavailable, Model, TextEmbedding
from pichaven_search.settings import MlSettings

_MODEL_TTL_S: Final = 30.0
_RETRY_TTL_S: Final = 1.0


class MlTextEncoder:
    """`TextEncoder` over HTTP."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: MlSettings,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = [MlClient(client, url, now=now) for url in settings.base_urls]
        self._models: dict[str, Model] = {}
        self._embeddings: LRUCache[tuple[str, str], TextEmbedding] = LRUCache(
            settings.remembered_queries
        )

    async def model(self, name: str | None = None) -> Model:
        if name is None:
            if not self._clients[0].is_fresh(_MODEL_TTL_S):
                await self._refresh(_MODEL_TTL_S)
            for client in self._clients:
                if client.model is not None:
                    return client.model
            raise EncoderUnavailable("no ml responds")
        if name not in self._models:
            await self._refresh(_RETRY_TTL_S)
        try:
            # The description of a model holds after its ml has stopped.
            return self._models[name]
        except KeyError:
            raise EncoderUnavailable(f"no ml runs {name}") from None

    async def models(self) -> tuple[Model, ...]:
        models = (await self.models_by_url()).values()
        return tuple({model.name: model for model in models if model is not None}.values())

    async def models_by_url(self) -> dict[str, Model | None]:
        return await self._request_models(self._clients)

    async def encode(self, text: str, model: str | None = None) -> TextEmbedding:
        target = model or (await self.model()).name
        embedding = self._embeddings.get((target, text))
        if embedding is not None:
            return embedding
        failure: EncoderUnavailable | None = None
        for is_retry in (False, True):
            running = [client for client in self._clients if client.runs(target)]
            for client in running:
                try:
                    embedding = await self._embed(client, text)
                except EncoderUnavailable as error:
                    failure = error
                    continue
                if embedding.model != target:
                    # ml was restarted with another model, or its replicas run two.
                    client.forget_model()
                if embedding.model == target or model is None:
                    return embedding
            if not is_retry:
                # Another ml may have been restarted with the model.
                await self._refresh(_RETRY_TTL_S, without=running if failure else ())
        raise failure or EncoderUnavailable(f"no ml runs {target}")

    async def _embed(self, client: MlClient, text: str) -> TextEmbedding:
        body = await client.request("POST", "/internal/embed/text", json={"texts": [text]})
        try:
            embedding = TextEmbedding(
                str(body["model"]),
                [float(component) for component in body["embeddings"][0]],
                to_calibration(body["calibrations"][0]),
            )
        except (LookupError, TypeError, ValueError):
            raise EncoderUnavailable("ml's response holds no embedding") from None
        if self._embeddings.maxsize:
            self._embeddings[embedding.model, text] = embedding
        return embedding

    async def _refresh(self, ttl_s: float, *, without: Sequence[MlClient] = ()) -> None:
        """Request the descriptions that are older than `ttl_s`."""
        await self._request_models(
            [
                client
                for client in self._clients
                if client not in without and not client.is_fresh(ttl_s)
            ]
        )

    async def _request_models(self, clients: Sequence[MlClient]) -> dict[str, Model | None]:
        """Return the models of these clients by URL; None for a client that is unavailable."""
        results = await asyncio.gather(
            *(client.request_model() for client in clients), return_exceptions=True
        )
        models: dict[str, Model | None] = {}
        for client, result in zip(clients, results, strict=True):
            if isinstance(result, Model):
                self._models[result.name] = models[client.url] = result
            elif isinstance(result, EncoderUnavailable):
                models[client.url] = None
            else:
                raise result
        return models
