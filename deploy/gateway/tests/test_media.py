"""Presigned URLs work through the gateway, with a real S3 server."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest_asyncio
from deploy.gateway.tests.conftest import ORIGIN, Gateway, StartGateway

from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner, connect_store
from pichaven_chassis.storage.s3 import S3ObjectStore

KEY = "originals/0190a000/beach day.jpg"


@dataclass
class Media:
    gateway: Gateway
    store: S3ObjectStore
    presigner: Presigner


@pytest_asyncio.fixture
async def media(
    storage_settings: StorageSettings, start_gateway: StartGateway
) -> AsyncIterator[Media]:
    gateway = start_gateway(PICHAVEN_GATEWAY_STORAGE_URL=storage_settings.endpoint_url)
    store = connect_store(storage_settings)
    await store.ensure_bucket()
    yield Media(gateway, store, Presigner(storage_settings))
    await store.close()


async def test_parts_and_objects_pass_by_urls_signed_for_the_gateways_host(media: Media) -> None:
    base = media.gateway.url
    pieces = [b"a" * (5 << 20), b"b" * 1_000_001]
    upload_id = await media.store.create_multipart(KEY, content_type="image/jpeg")
    parts = []
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for number, piece in enumerate(pieces, start=1):
            presigned = media.presigner.put_part(
                KEY, upload_id, number, size=len(piece), base_url=base, expires_s=600
            )
            response = await client.put(
                presigned.url,
                content=piece,
                headers={"Content-Type": "application/octet-stream", "Origin": ORIGIN},
            )
            assert response.status_code == 200, response.text
            assert response.headers.get_list("access-control-allow-origin") == [ORIGIN]
            assert "ETag" in response.headers["access-control-expose-headers"]
            parts.append((number, response.headers["etag"].strip('"')))
        await media.store.complete_multipart(KEY, upload_id, parts)

        url = media.presigner.get(KEY, base_url=base, content_type="image/jpeg")
        whole = await client.get(url)
        part = await client.get(url, headers={"Range": "bytes=10-19"})

    assert hashlib.sha256(whole.content).digest() == hashlib.sha256(b"".join(pieces)).digest()
    assert whole.headers["content-type"] == "image/jpeg"
    assert "immutable" in whole.headers["cache-control"]
    assert "content-encoding" not in whole.headers
    assert "sandbox" in whole.headers["content-security-policy"]
    # rclone responds to a range with status 200, other servers with 206.
    assert part.content == b"a" * 10
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"


async def test_a_url_signed_for_another_host_path_or_method_is_refused(media: Media) -> None:
    await media.store.put("derived/a.webp", b"secret", content_type="image/webp")
    await media.store.put("derived/b.webp", b"secret", content_type="image/webp")
    url = media.presigner.get("derived/a.webp", base_url=media.gateway.url)
    other_host = media.presigner.get("derived/a.webp", base_url="http://photos.example.org")
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(url)
        refusals = [
            await client.get(other_host.replace("http://photos.example.org", media.gateway.url)),
            await client.get(url.replace("a.webp", "b.webp")),
            await client.put(url, content=b"x", headers={"Content-Type": "image/webp"}),
        ]

    assert (response.status_code, response.content) == (200, b"secret")
    assert [refusal.status_code for refusal in refusals] == [403, 403, 403]
    assert await media.store.get("derived/a.webp", max_bytes=100) == b"secret"


async def test_a_part_of_another_size_than_announced_is_refused(media: Media) -> None:
    upload_id = await media.store.create_multipart(KEY, content_type="image/jpeg")
    presigned = media.presigner.put_part(
        KEY, upload_id, 1, size=10, base_url=media.gateway.url, expires_s=600
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        statuses = [
            (await client.put(presigned.url, content=b"x" * size)).status_code
            for size in (9, 11, 100_000, 10)
        ]
    parts = await media.store.list_parts(KEY, upload_id)
    await media.store.abort_multipart(KEY, upload_id)

    assert statuses == [403, 403, 403, 200]
    assert [part.size for part in parts] == [10]
