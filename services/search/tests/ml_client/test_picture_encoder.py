"""Embeddings of pictures over HTTP."""

import json
from collections.abc import Callable

import httpx
import pytest

from pichaven_search.ml_client.model import EncoderUnavailable
from pichaven_search.ml_client.picture_encoder import MlPictureEncoder
from pichaven_search.ml_client.pictures import PictureTooLarge, TooManyPixels, UnreadablePicture
from pichaven_search.settings import MlSettings

Respond = Callable[[httpx.Request], httpx.Response]


def _encoder(respond: Respond, urls: str = "http://one") -> MlPictureEncoder:
    client = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    return MlPictureEncoder(client, MlSettings(urls=urls))


def _embedding(model: str) -> httpx.Response:
    return httpx.Response(200, json={"model": model, "embedding": [0.6, 0.8]})


async def test_the_picture_is_sent_as_a_form() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.url == "http://one/internal/embed/image"
        assert b'name="file"' in request.content
        assert b"image/png" in request.content
        assert b"the picture" in request.content
        assert int(request.headers["content-length"]) == len(request.content)
        return _embedding("m")

    assert await _encoder(respond).embed(b"the picture", "image/png", "m", owner_id=None) == [
        0.6,
        0.8,
    ]


async def test_ml_learns_whose_picture_it_is() -> None:
    owners: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        owners.append(request.headers.get("Pichaven-Owner"))
        return _embedding("m")

    for owner_id in ("0198", None):
        await _encoder(respond).embed(b"x", "image/png", "m", owner_id=owner_id)
    assert owners == ["0198", None]


async def test_the_url_that_runs_the_model_is_preferred() -> None:
    hosts: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return _embedding({"one": "old", "two": "new"}[request.url.host])

    encoder = _encoder(respond, "http://one,http://two")
    for _ in range(3):
        assert await encoder.embed(b"x", "image/png", "new", owner_id=None) == [0.6, 0.8]
    assert hosts == ["one", "two", "two", "two"]


@pytest.mark.parametrize(
    ("status", "code", "problem"),
    [
        (422, "unreadable_picture", UnreadablePicture),
        (422, "too_many_pixels", TooManyPixels),
        (413, "picture_too_large", PictureTooLarge),
        (413, "body_too_large", PictureTooLarge),
    ],
)
async def test_the_problem_of_a_picture_is_passed_on(
    status: int, code: str, problem: type[Exception]
) -> None:
    encoder = _encoder(lambda _: httpx.Response(status, json={"code": code, "detail": "So."}))
    with pytest.raises(problem):
        await encoder.embed(b"x", "image/png", "m", owner_id=None)


@pytest.mark.parametrize(
    "respond",
    [
        lambda _: httpx.Response(503, json={"code": "model_loading"}),
        lambda _: httpx.Response(503, text="<html>"),
        lambda _: httpx.Response(422, json={"code": "invalid_request"}),
        lambda _: httpx.Response(404, json=[]),
        lambda _: httpx.Response(200, json={"model": "m"}),
        lambda _: httpx.Response(200, json=json.loads('{"model": "m", "embedding": [null]}')),
        lambda _: _embedding("another"),
    ],
)
async def test_any_other_response_means_that_ml_is_unavailable(respond: Respond) -> None:
    with pytest.raises(EncoderUnavailable):
        await _encoder(respond).embed(b"x", "image/png", "m", owner_id=None)


async def test_a_refused_connection_means_that_ml_is_unavailable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(EncoderUnavailable):
        await _encoder(refuse).embed(b"x", "image/png", "m", owner_id=None)
