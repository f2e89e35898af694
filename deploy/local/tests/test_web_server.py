"""What Caddy sends of a built web client."""

import asyncio
import gzip
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio

from pichaven_chassis.problems import ProblemDetails, TooManyRequests
from pichaven_local.platform import PROJECT
from pichaven_local.ports import Ports
from testing.polling import eventually

CADDY: Final = Path(sys.executable).with_name("caddy")
PAGE: Final = "<!doctype html><title>PicHaven</title>"
WORKER: Final = "self.addEventListener('fetch', () => {});"
MANIFEST: Final = '{"name": "PicHaven"}'
SCRIPT: Final = "export const photos = [];" * 100


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "sw.js").write_text(WORKER)
    (tmp_path / "manifest.webmanifest").write_text(MANIFEST)
    (tmp_path / "assets" / "index-B5qkRZ1x.js").write_text(SCRIPT)
    (tmp_path / "assets" / "index-B5qkRZ1x.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    return tmp_path


@pytest_asyncio.fixture
async def client(build: Path) -> AsyncIterator[httpx.AsyncClient]:
    port = Ports.free().web
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(build),
        "PICHAVEN_WEB_HOST": "127.0.0.1",
        "PICHAVEN_WEB_PORT": str(port),
        "PICHAVEN_WEB_ROOT": str(build),
    }
    config = str(PROJECT / "deploy" / "web" / "Caddyfile")
    server = await asyncio.create_subprocess_exec(
        *(str(CADDY), "run", "--config", config, "--adapter", "caddyfile"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:

            async def is_alive() -> bool:
                try:
                    return (await client.get("/livez")).is_success
                except httpx.TransportError:
                    return False

            await eventually(is_alive, "Caddy listens")
            yield client
    finally:
        server.terminate()
        await server.wait()


async def test_an_asset_is_sent_compressed_as_it_was_built_and_kept_for_a_year(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/assets/index-B5qkRZ1x.js", headers={"Accept-Encoding": "gzip"})

    assert response.text == SCRIPT
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_an_asset_of_an_earlier_build_is_a_404_that_is_not_kept(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/assets/index-AAAAAAAA.js")

    assert response.status_code == 404
    assert "cache-control" not in response.headers


@pytest.mark.parametrize("path", ["/", "/albums/7", "/index.html"])
async def test_every_address_of_the_client_is_its_page_and_asked_for_anew(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path, follow_redirects=True)

    assert response.text == PAGE
    assert response.headers["cache-control"] == "no-cache"
    again = await client.get("/", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "content", "media_type"),
    [
        ("/sw.js", WORKER, "text/javascript"),
        ("/manifest.webmanifest", MANIFEST, "application/manifest+json"),
    ],
)
async def test_the_service_worker_and_the_manifest_are_asked_for_anew_at_the_root(
    client: httpx.AsyncClient, path: str, content: str, media_type: str
) -> None:
    response = await client.get(path)

    assert response.text == content
    assert response.headers["content-type"].partition(";")[0] == media_type
    # Its scope is all addresses, since none of them is above it.
    assert response.headers["cache-control"] == "no-cache"
    again = await client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("request_id", ["trace-me-1", None, 'a"b', "x" * 129])
async def test_the_problem_of_a_rate_limit_has_the_request_id_of_the_client_or_a_new_one(
    client: httpx.AsyncClient, request_id: str | None
) -> None:
    headers = {"X-Request-Id": request_id} if request_id else {}

    responses = [await client.get("/internal/problems/429", headers=headers) for _ in range(2)]

    problems = [ProblemDetails.model_validate_json(each.content) for each in responses]
    for response, problem in zip(responses, problems, strict=True):
        assert (response.status_code, problem.status) == (429, 429)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["retry-after"] == "1"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-request-id"] == problem.request_id
        assert (problem.code, problem.title) == (TooManyRequests.code, TooManyRequests.title)
        assert problem.type == f"urn:pichaven:problem:{TooManyRequests.code}"
    ids = {problem.request_id for problem in problems}
    assert ids == {"trace-me-1"} if request_id == "trace-me-1" else len(ids) == 2
