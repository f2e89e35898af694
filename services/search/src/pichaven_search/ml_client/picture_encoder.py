"""Embeddings of pictures from whichever ml runs the wanted model."""

from collections.abc import Sequence
from typing import Any, Final

import httpx

from pichaven_chassis.problems import Problem
from pichaven_search.ml_client.model import EncoderAway
from pichaven_search.ml_client.pictures import PictureTooLarge, TooManyPixels, UnreadablePicture
from pichaven_search.settings import MlSettings

_TIMEOUT: Final = httpx.Timeout(15.0, connect=2.0)
"""A large picture behind others takes ml longer than a text."""
_REFUSALS: Final[dict[str, type[Problem]]] = {
    problem.code: problem for problem in (UnreadablePicture, TooManyPixels)
}


class MlPictures:
    """Implements `PictureEncoder`."""

    def __init__(self, client: httpx.AsyncClient, settings: MlSettings) -> None:
        self._client = client
        self._urls = settings.addresses
        self._models: dict[str, str] = {}

    async def embed(self, data: bytes, media_type: str, model: str) -> Sequence[float]:
        # Those last seen with the model first, those not seen at all before those with another.
        ordered = sorted(self._urls, key=lambda url: self._models.get(url, model) != model)
        away: list[str] = []
        for url in ordered:
            try:
                name, vector = await self._ask(url, data, media_type)
            except EncoderAway as error:
                away.append(str(error))
                continue
            self._models[url] = name
            if name == model:
                return vector
            away.append(f"{url} runs {name}")
        raise EncoderAway("; ".join(away))

    async def _ask(self, url: str, data: bytes, media_type: str) -> tuple[str, Sequence[float]]:
        try:
            answer = await self._client.post(
                f"{url}/internal/embed/image",
                files={"file": ("picture", data, media_type)},
                timeout=_TIMEOUT,
            )
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise EncoderAway(repr(error)) from error
        if answer.is_client_error:
            raise _refusal(answer.status_code, told)
        try:
            answer.raise_for_status()
            return str(told["model"]), [float(part) for part in told["embedding"]]
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            raise EncoderAway(repr(error)) from error


def _refusal(status: int, told: Any) -> Exception:
    """ml's words of what is wrong with a picture, or that ml is not what it should be."""
    code = told.get("code") if isinstance(told, dict) else None
    if status == PictureTooLarge.status:
        return PictureTooLarge()
    if isinstance(code, str) and code in _REFUSALS:
        return _REFUSALS[code](str(told.get("detail", ""))[:500])
    return EncoderAway(f"ml refuses with {status} {code}")
