"""ml asked for the vector of a picture, over HTTP."""

import json
from collections.abc import Callable

import httpx
import pytest

from pichaven_search.ml_client.model import EncoderAway
from pichaven_search.ml_client.picture_encoder import MlPictures
from pichaven_search.ml_client.pictures import PictureTooLarge, TooManyPixels, UnreadablePicture
from pichaven_search.settings import MlSettings

Answer = Callable[[httpx.Request], httpx.Response]


def _pictures(answer: Answer, urls: str = "http://one") -> MlPictures:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return MlPictures(client, MlSettings(urls=urls))


def _embedding(model: str) -> httpx.Response:
    return httpx.Response(200, json={"model": model, "embedding": [0.6, 0.8]})


async def test_the_picture_is_sent_as_a_form() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url == "http://one/internal/embed/image"
        assert b'name="file"' in request.content
        assert b"image/png" in request.content
        assert b"the picture" in request.content
        assert int(request.headers["content-length"]) == len(request.content)
        return _embedding("m")

    assert await _pictures(answer).embed(b"the picture", "image/png", "m") == [0.6, 0.8]


async def test_of_several_the_one_with_the_model_answers() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return _embedding({"one": "old", "two": "new"}[request.url.host])

    pictures = _pictures(answer, "http://one,http://two")
    for _ in range(3):
        assert await pictures.embed(b"x", "image/png", "new") == [0.6, 0.8]
    assert asked == ["one", "two", "two", "two"]


@pytest.mark.parametrize(
    ("status", "code", "problem"),
    [
        (422, "unreadable_picture", UnreadablePicture),
        (422, "too_many_pixels", TooManyPixels),
        (413, "picture_too_large", PictureTooLarge),
        (413, "body_too_large", PictureTooLarge),
    ],
)
async def test_what_is_wrong_with_the_picture_is_passed_on(
    status: int, code: str, problem: type[Exception]
) -> None:
    pictures = _pictures(lambda _: httpx.Response(status, json={"code": code, "detail": "So."}))
    with pytest.raises(problem):
        await pictures.embed(b"x", "image/png", "m")


@pytest.mark.parametrize(
    "answer",
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
async def test_all_else_means_that_ml_is_away(answer: Answer) -> None:
    with pytest.raises(EncoderAway):
        await _pictures(answer).embed(b"x", "image/png", "m")


async def test_no_connection_means_that_ml_is_away() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(EncoderAway):
        await _pictures(refuse).embed(b"x", "image/png", "m")
