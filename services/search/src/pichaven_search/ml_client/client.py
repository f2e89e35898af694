"""One address of ml: which model it runs, and questions to it; left alone while it is away."""

import time
from collections.abc import Callable
from typing import Any, Final

import httpx

from pichaven_chassis.logging import get_logger
from pichaven_search.ml_client.model import Calibration, EncoderAway, Model, TextRefused

_FAILURES: Final = 3
_REST_S: Final = 5.0
_REFUSALS: Final = frozenset({400, 413, 422})

_log = get_logger(__name__)


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


class MlAddress:
    """`told` is the model that answered last, of `told_at`; it may have been replaced since."""

    def __init__(
        self, client: httpx.AsyncClient, url: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url.rstrip("/")
        self.told: Model | None = None
        self.told_at = float("-inf")
        self._client = client
        self._now = now
        self._breaker = CircuitBreaker(now=now)

    def runs(self, model: str) -> bool:
        return self.told is not None and self.told.name == model

    def is_fresh(self, within_s: float) -> bool:
        return self.told is not None and self._now() - self.told_at < within_s

    async def ask_model(self) -> Model:
        """What ml runs there now. Raises `EncoderAway`."""
        try:
            model = _model(await self.ask("GET", "/internal/model"))
        except TextRefused as refused:
            raise EncoderAway(f"no ml at {self.url}: {refused}") from refused
        if self.told is None or self.told.name != model.name:
            _log.info("ml_runs", url=self.url, model=model.name)
        self.told, self.told_at = model, self._now()
        return model

    def forget(self) -> None:
        """It answered as another model than it told."""
        self.told, self.told_at = None, float("-inf")

    async def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The JSON object that ml answers. Raises `EncoderAway`, and `TextRefused`."""
        if self._breaker.is_open:
            raise EncoderAway(f"ml at {self.url} did not answer of late")
        self._breaker.probe()
        try:
            answer = await self._client.request(method, f"{self.url}{path}", **request)
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
