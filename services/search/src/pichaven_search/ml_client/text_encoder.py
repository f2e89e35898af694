"""Text embeddings from whichever ml runs the wanted model, remembered.

`PICHAVEN_ML_URLS` may name several, of different models while the model is being switched: then
the one is asked that runs the model of the index that is searched. What each runs is asked
again at once when none seems to run what is wanted, and by `models` now and then.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import httpx
from cachetools import LRUCache

from pichaven_search.ml_client.client import MlAddress
from pichaven_search.ml_client.model import EncoderAway, Model
from pichaven_search.settings import MlSettings

_MODEL_TTL_S: Final = 30.0
_SOON_S: Final = 1.0


class MlEncoder:
    """Implements `TextEncoder`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: MlSettings,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = [MlAddress(client, url, now=now) for url in settings.addresses]
        self._models: dict[str, Model] = {}
        self._remembered: LRUCache[tuple[str, str], Sequence[float]] = LRUCache(
            settings.remembered_queries
        )

    async def model(self, name: str | None = None) -> Model:
        if name is None:
            if not self._addresses[0].is_fresh(_MODEL_TTL_S):
                await self._ask(self._stale(_MODEL_TTL_S))
            told = [address.told for address in self._addresses if address.told is not None]
            if not told:
                raise EncoderAway("no ml answers")
            return told[0]
        if name not in self._models:
            await self._ask(self._stale(_SOON_S))
        try:
            # Of a model that ran a moment ago all is known still.
            return self._models[name]
        except KeyError:
            raise EncoderAway(f"no ml runs {name}") from None

    async def models(self) -> tuple[Model, ...]:
        told = await self._ask(self._addresses)
        return tuple({model.name: model for model in told}.values())

    async def encode(self, text: str, model: str | None = None) -> tuple[str, Sequence[float]]:
        wanted = model or (await self.model()).name
        known = self._remembered.get((wanted, text))
        if known is not None:
            return wanted, known
        away: EncoderAway | None = None
        for once_more in (True, False):
            running = [each for each in self._addresses if each.runs(wanted)]
            for address in running:
                try:
                    name, vector = await self._embed(address, text)
                except EncoderAway as error:
                    away = error
                    continue
                if name != wanted:
                    # It was restarted with another model, or replicas of two stand behind it.
                    address.forget()
                if name == wanted or model is None:
                    return name, vector
            if away is None and once_more:
                await self._ask(self._stale(_SOON_S))
        raise away or EncoderAway(f"no ml runs {wanted}")

    async def _embed(self, address: MlAddress, text: str) -> tuple[str, Sequence[float]]:
        told = await address.ask("POST", "/internal/embed/text", json={"texts": [text]})
        try:
            name, vector = str(told["model"]), [float(part) for part in told["embeddings"][0]]
        except (LookupError, TypeError, ValueError):
            raise EncoderAway("ml's answer is not an embedding") from None
        if self._remembered.maxsize:
            self._remembered[name, text] = vector
        return name, vector

    def _stale(self, within_s: float) -> list[MlAddress]:
        return [each for each in self._addresses if not each.is_fresh(within_s)]

    async def _ask(self, addresses: Sequence[MlAddress]) -> list[Model]:
        """What these run now; those that are away keep what they told."""
        told = await asyncio.gather(
            *(each.ask_model() for each in addresses), return_exceptions=True
        )
        models: list[Model] = []
        for answer in told:
            if isinstance(answer, Model):
                self._models[answer.name] = answer
                models.append(answer)
            elif not isinstance(answer, EncoderAway):
                raise answer
        return models
