from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from services.ml.tests.colour_encoder import ColourEncoder
from threadpoolctl import threadpool_info

from pichaven_chassis.http import create_app
from pichaven_chassis.runtime import Role, Service
from pichaven_ml.bootstrap import build
from pichaven_ml.settings import MlSettings


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    service = await build(Role.API, settings=MlSettings(cache_dir=tmp_path), loader=ColourEncoder())
    yield service
    for close in service.close:
        await close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://ml") as client:
        yield client


@pytest.fixture
async def ready(service: Service, client: httpx.AsyncClient) -> httpx.AsyncClient:
    for step in service.startup:
        await step()
    return client


async def test_while_the_model_loads_callers_get_503(
    client: httpx.AsyncClient, service: Service
) -> None:
    for response in (
        await client.post("/internal/embed/text", json={"texts": ["red"]}),
        await client.get("/internal/model"),
    ):
        assert response.status_code == 503
        assert response.json()["code"] == "model_loading"
        assert "Retry-After" in response.headers
    with pytest.raises(Exception, match="loading"):
        await service.checks[0].probe()


async def test_texts_come_back_as_vectors_in_their_order(ready: httpx.AsyncClient) -> None:
    response = await ready.post(
        "/internal/embed/text", json={"texts": ["red", "a BLUE photo", "red"]}
    )
    assert response.status_code == 200
    body = response.json()
    assert (body["model"], body["dimensions"]) == ("colours/1/16", 4)
    red, blue, again = body["embeddings"]
    assert red == again
    assert red[0] > 0.9
    assert blue[2] > 0.9
    assert sum(value**2 for value in red) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"texts": []}, "invalid_request"),
        ({"texts": ["x"] * 65}, "invalid_request"),
        ({"texts": ["x" * 1001]}, "invalid_request"),
        ({"texts": "red"}, "invalid_request"),
        ({}, "invalid_request"),
        ({"texts": ["red", "  "]}, "empty_text"),
    ],
)
async def test_texts_that_cannot_be_embedded_are_refused(
    ready: httpx.AsyncClient, body: object, code: str
) -> None:
    response = await ready.post("/internal/embed/text", json=body)
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_a_picture_comes_back_as_a_vector(
    ready: httpx.AsyncClient, make_jpeg: Callable[..., bytes]
) -> None:
    response = await ready.post("/internal/embed/image", files={"file": ("a.jpg", make_jpeg())})
    assert response.status_code == 200
    assert response.json()["model"] == "colours/1/16"
    assert response.json()["embedding"][0] > 0.9


async def test_pictures_that_cannot_be_embedded_are_refused(
    ready: httpx.AsyncClient, make_jpeg: Callable[..., bytes]
) -> None:
    response = await ready.post("/internal/embed/image", files={"file": ("a.jpg", b"no picture")})
    assert (response.status_code, response.json()["code"]) == (422, "unreadable_picture")
    response = await ready.post("/internal/embed/image", files={"other": ("a.jpg", make_jpeg())})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    response = await ready.post("/internal/embed/image", content=b"plain")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_body_type")
    large = bytes((20 << 20) + 1)
    response = await ready.post("/internal/embed/image", files={"file": ("a.jpg", large)})
    assert (response.status_code, response.json()["code"]) == (413, "picture_too_large")
    response = await ready.post(
        "/internal/embed/image",
        content=b"",
        headers={"content-length": str(10**12), "content-type": "multipart/form-data; boundary=x"},
    )
    assert (response.status_code, response.json()["code"]) == (413, "picture_too_large")


async def test_the_model_describes_itself(ready: httpx.AsyncClient) -> None:
    body = (await ready.get("/internal/model")).json()
    assert body.pop("vocabulary").startswith("1-")
    assert body == {
        "model": "colours/1/16",
        "dimensions": 4,
        "runtime": "onnx",
        "bundled": False,
        "calibration": {"scale": 20.0, "bias": -16.0, "threshold": 0.5},
    }


async def test_the_service_is_ready_only_with_its_model(
    ready: httpx.AsyncClient, service: Service
) -> None:
    await service.checks[0].probe()
    assert (await ready.get("/livez")).status_code == 200


async def test_small_products_take_one_thread(service: Service) -> None:
    blas = [each for each in threadpool_info() if each["user_api"] == "blas"]
    assert blas and {each["num_threads"] for each in blas} == {1}
