"""HTTP client of one ml address, behind a circuit breaker."""

import time
from collections.abc import Callable
from typing import Any, Final

import httpx

from pichaven_chassis.logging import get_logger
from pichaven_search.ml_client.model import (
    Calibration,
    EncoderUnavailable,
    Model,
    TextRejected,
)

_FAILURES: Final = 3
_OPEN_S: Final = 5.0
_REJECTIONS: Final = frozenset({400, 413, 422})

_log = get_logger(__name__)


class CircuitBreaker:
    """Opens for some seconds after three failures in a row, then admits one call at a time."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._open_until = float("-inf")

    @property
    def is_open(self) -> bool:
        return self._failures >= _FAILURES and self._now() < self._open_until

    def record(self, *, ok: bool) -> None:
        """Count the outcome of a call."""
        self._failures = 0 if ok else self._failures + 1
        self.start_probe()

    def start_probe(self) -> None:
        """Keep other calls out until the outcome of this one is recorded."""
        if self._failures >= _FAILURES:
            self._open_until = self._now() + _OPEN_S


class MlClient:
    """Requests to ml at one URL.

    `model` is the description received last; None before the first and after `forget_model`.
    ml may have been restarted with another model since.
    """

    def __init__(
        self, client: httpx.AsyncClient, url: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url.rstrip("/")
        self.model: Model | None = None
        self._model_at = float("-inf")
        self._client = client
        self._now = now
        self._breaker = CircuitBreaker(now=now)

    def runs(self, model: str) -> bool:
        """Return whether the last description named this model."""
        return self.model is not None and self.model.name == model

    def is_fresh(self, within_s: float) -> bool:
        """Return whether the last description is younger than so many seconds."""
        return self.model is not None and self._now() - self._model_at < within_s

    async def request_model(self) -> Model:
        """Request and keep the description of the running model. Raises `EncoderUnavailable`."""
        try:
            model = _to_model(await self.request("GET", "/internal/model"))
        except TextRejected as rejection:
            raise EncoderUnavailable(f"no ml at {self.url}: {rejection}") from rejection
        if not self.runs(model.name):
            _log.info("ml_model_changed", url=self.url, model=model.name)
        self.model, self._model_at = model, self._now()
        return model

    def forget_model(self) -> None:
        """Drop the description, after a response of another model."""
        self.model, self._model_at = None, float("-inf")

    async def request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Return the JSON object of a response. Raises `EncoderUnavailable` and `TextRejected`."""
        if self._breaker.is_open:
            raise EncoderUnavailable(f"the circuit breaker of {self.url} is open")
        self._breaker.start_probe()
        try:
            response = await self._client.request(method, f"{self.url}{path}", **options)
            if response.status_code in _REJECTIONS:
                # ml works; it rejects this one text.
                self._breaker.record(ok=True)
                raise TextRejected(response.text[:200])
            response.raise_for_status()
            body = response.json()
        except (httpx.HTTPError, ValueError) as error:
            self._breaker.record(ok=False)
            raise EncoderUnavailable(repr(error)) from error
        self._breaker.record(ok=True)
        if not isinstance(body, dict):
            raise EncoderUnavailable("ml's response is no JSON object")
        return body


def to_calibration(values: Any) -> Calibration | None:
    """Raises `LookupError`, `TypeError`, `ValueError`."""
    if values is None:
        return None
    return Calibration(float(values["scale"]), float(values["bias"]), float(values["threshold"]))


def _to_model(body: dict[str, Any]) -> Model:
    try:
        calibration = to_calibration(body["calibration"])
        return Model(str(body["model"]), int(body["dimensions"]), calibration)
    except (LookupError, TypeError, ValueError):
        raise EncoderUnavailable("ml's response describes no model") from None
