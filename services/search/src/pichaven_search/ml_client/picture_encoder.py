"""Embeddings of pictures from the ml that runs the requested model."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from pichaven_chassis.problems import Problem
from pichaven_search.ml_client.model import EncoderUnavailable
from pichaven_search.ml_client.pictures import PictureTooLarge, TooManyPixels, UnreadablePicture
from pichaven_search.settings import MlSettings

_TIMEOUT: Final = httpx.Timeout(15.0, connect=2.0)
"""A large picture in ml's queue takes longer than a text."""
_OWNER_HEADER: Final = "Pichaven-Owner"
"""Whose picture it is: ml decodes those of different owners in turn."""
_PROBLEMS: Final[dict[str, type[Problem]]] = {
    problem.code: problem for problem in (UnreadablePicture, TooManyPixels)
}


class MlPictureEncoder:
    """`PictureEncoder` over HTTP."""

    def __init__(self, client: httpx.AsyncClient, settings: MlSettings) -> None:
        self._client = client
        self._urls = settings.base_urls
        self._models: dict[str, str] = {}

    async def embed(
        self, data: bytes, media_type: str, model: str, *, owner_id: str | None
    ) -> Sequence[float]:
        headers = {} if owner_id is None else {_OWNER_HEADER: owner_id}
        # URLs last seen with another model come after those of this model and the unknown ones.
        urls = sorted(self._urls, key=lambda url: self._models.get(url, model) != model)
        failures: list[str] = []
        for url in urls:
            try:
                name, embedding = await self._embed(url, data, media_type, headers)
            except EncoderUnavailable as error:
                failures.append(str(error))
                continue
            self._models[url] = name
            if name == model:
                return embedding
            failures.append(f"{url} runs {name}")
        raise EncoderUnavailable("; ".join(failures))

    async def _embed(
        self, url: str, data: bytes, media_type: str, headers: Mapping[str, str]
    ) -> tuple[str, Sequence[float]]:
        try:
            response = await self._client.post(
                f"{url}/internal/embed/image",
                files={"file": ("picture", data, media_type)},
                headers=headers,
                timeout=_TIMEOUT,
            )
            body = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise EncoderUnavailable(repr(error)) from error
        if response.is_client_error:
            raise _to_error(response.status_code, body)
        try:
            response.raise_for_status()
            return str(body["model"]), [float(component) for component in body["embedding"]]
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            raise EncoderUnavailable(repr(error)) from error


def _to_error(status: int, body: Any) -> Exception:
    """Return the problem of the picture that ml reports, or `EncoderUnavailable`."""
    code = body.get("code") if isinstance(body, dict) else None
    if status == PictureTooLarge.status:
        return PictureTooLarge()
    if isinstance(code, str) and code in _PROBLEMS:
        return _PROBLEMS[code](str(body.get("detail", ""))[:500])
    return EncoderUnavailable(f"ml responds with {status} {code}")
