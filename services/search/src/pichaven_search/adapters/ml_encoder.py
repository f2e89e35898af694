"""Text embeddings from ml over HTTP, remembered, and not asked for while ml is away."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx

from pichaven_search.application.ports import EncoderAway, Model, TextRefused
from pichaven_search.domain.fusion import Calibration
from pichaven_search.settings import MlSettings

_FAILURES: Final = 3
_REST_S: Final = 5.0
_MODEL_TTL_S: Final = 30.0
_REFUSALS: Final = frozenset({400, 413, 422})


class CircuitBreaker:
    """After some failures in a row nothing is tried for a while, then one call at a time."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._closed_at = float("-inf")

    @property
    def is_open(self) -> bool:
        return self._failures >= _FAILURES and self._now() < self._closed_at

    def note(self, *, ok: bool) -> None:
        self._failures = 0 if ok else self._failures + 1
        if self._failures >= _FAILURES:
            self._closed_at = self._now() + _REST_S

    def probe(self) -> None:
        """Let this one call through and hold the others until it has answered."""
        if self._failures >= _FAILURES:
            self._closed_at = self._now() + _REST_S


class MlEncoder:
    """Implements `TextEncoder`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: MlSettings,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._room = settings.remembered_queries
        self._breaker = CircuitBreaker(now=now)
        self._now = now
        self._model: tuple[float, Model] | None = None
        self._remembered: OrderedDict[tuple[str, str], Sequence[float]] = OrderedDict()

    async def model(self) -> Model:
        if self._model and self._now() - self._model[0] < _MODEL_TTL_S:
            return self._model[1]
        try:
            told = await self._ask("GET", "/internal/model")
            model = _model(told)
        except EncoderAway:
            if self._model is None:
                raise
            # The model ml ran a moment ago; embeddings name theirs and are checked against it.
            return self._model[1]
        self._model = (self._now(), model)
        return model

    async def encode(self, text: str) -> tuple[str, Sequence[float]]:
        model = (await self.model()).name
        known = self._remembered.get((model, text))
        if known is not None:
            self._remembered.move_to_end((model, text))
            return model, known
        told = await self._ask("POST", "/internal/embed/text", {"texts": [text]})
        try:
            name, vector = str(told["model"]), [float(part) for part in told["embeddings"][0]]
        except (LookupError, TypeError, ValueError):
            raise EncoderAway("ml's answer is not an embedding") from None
        if name != model:
            self._model = None
        self._remember((name, text), vector)
        return name, vector

    def _remember(self, key: tuple[str, str], vector: Sequence[float]) -> None:
        self._remembered[key] = vector
        while len(self._remembered) > self._room:
            self._remembered.popitem(last=False)

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if self._breaker.is_open:
            raise EncoderAway("ml did not answer of late")
        self._breaker.probe()
        try:
            answer = await self._client.request(method, path, json=body)
            if answer.status_code in _REFUSALS:
                # ml is well; what it refuses is this one text.
                self._breaker.note(ok=True)
                raise TextRefused(answer.text[:200])
            answer.raise_for_status()
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            self._breaker.note(ok=False)
            raise EncoderAway(repr(error)) from error
        self._breaker.note(ok=True)
        if not isinstance(told, dict):
            raise EncoderAway("ml's answer is not an object")
        return told


def _model(told: dict[str, Any]) -> Model:
    try:
        measured = told["calibration"]
        calibration = measured and Calibration(
            float(measured["scale"]), float(measured["bias"]), float(measured["threshold"])
        )
        return Model(str(told["model"]), int(told["dimensions"]), calibration or None)
    except (LookupError, TypeError, ValueError):
        raise EncoderAway("ml does not tell its model, dimensions and calibration") from None
