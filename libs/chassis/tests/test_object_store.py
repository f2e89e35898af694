"""One suite for every object store: the fake in memory and the S3 adapter on a real server."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import (
    InvalidParts,
    ObjectMissing,
    ObjectStore,
    ObjectTooLarge,
    Presigner,
    UploadMissing,
    connect_store,
)
from testing.memory_object_store import MemoryObjectStore

PART = 5 << 20


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.engines)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ObjectStore]:
    if request.param == "memory":
        yield MemoryObjectStore()
        return
    real = connect_store(request.getfixturevalue("storage_settings"))
    await real.ensure_bucket()
    await real.ensure_bucket()
    yield real
    await real.close()


@pytest.fixture
def key() -> str:
    return f"originals/{new_id()}/a.jpg"


async def test_what_is_put_is_got(store: ObjectStore, key: str, tmp_path: Path) -> None:
    await store.put(key, b"0123456789", content_type="image/jpeg")
    info = await store.head(key)
    digest = hashlib.sha256()

    assert info is not None
    assert (info.key, info.size) == (key, 10)
    assert await store.get(key, max_bytes=10) == b"0123456789"
    assert await store.get_start(key, 4) == b"0123"
    assert await store.get_start(key, 11) == b"0123456789"
    assert await store.get_range(key, 0, 4) == b"0123"
    assert await store.get_range(key, 4, 5) == b"45678"
    assert await store.get_range(key, 9, 5) == b"9"
    target = tmp_path / "a"
    assert await store.download(key, target, max_bytes=10, on_chunk=digest.update) == 10
    assert target.read_bytes() == b"0123456789"
    assert digest.digest() == hashlib.sha256(b"0123456789").digest()


async def test_a_file_is_put_and_copied(store: ObjectStore, key: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 1000)

    await store.put_file(key, source, content_type="image/jpeg")
    await store.copy(key, f"{key}.copy.jpg")

    assert await store.get(f"{key}.copy.jpg", max_bytes=1000) == b"x" * 1000


async def test_what_is_not_there_is_said_to_be_missing(
    store: ObjectStore, key: str, tmp_path: Path
) -> None:
    assert await store.head(key) is None
    for work in (
        store.get(key, max_bytes=1),
        store.get_start(key, 1),
        store.get_range(key, 0, 1),
        store.download(key, tmp_path / "a", max_bytes=1),
        store.copy(key, f"{key}2"),
    ):
        with pytest.raises(ObjectMissing):
            await work
    await store.delete([key])


async def test_an_object_larger_than_asked_for_is_refused(
    store: ObjectStore, key: str, tmp_path: Path
) -> None:
    await store.put(key, b"x" * 100, content_type="image/jpeg")

    with pytest.raises(ObjectTooLarge):
        await store.get(key, max_bytes=99)
    with pytest.raises(ObjectTooLarge):
        await store.download(key, tmp_path / "a", max_bytes=99)


async def test_a_prefix_is_listed_and_deleted(store: ObjectStore) -> None:
    prefix = f"derived/{new_id()}"
    keys = {f"{prefix}/{n}/{m}.webp" for n in range(3) for m in range(2)}
    for name in keys:
        await store.put(name, b"x", content_type="image/webp")

    assert {info.key async for info in store.list(f"{prefix}/")} == keys
    await store.delete(keys)
    assert [info async for info in store.list(f"{prefix}/")] == []


async def test_an_object_is_made_of_its_parts(store: ObjectStore, key: str) -> None:
    upload = await store.create_multipart(key, content_type="image/jpeg")
    first = await store.upload_part(key, upload, 1, b"a" * PART)
    second = await store.upload_part(key, upload, 2, b"b" * 10)

    parts = await store.list_parts(key, upload)
    assert [(part.number, part.etag, part.size) for part in parts] == [
        (1, first, PART),
        (2, second, 10),
    ]
    await store.complete_multipart(key, upload, [(1, first), (2, second)])

    info = await store.head(key)
    assert info is not None
    assert info.size == PART + 10
    assert (await store.get(key, max_bytes=info.size))[PART - 1 :] == b"a" + b"b" * 10


async def test_parts_that_are_not_held_do_not_become_an_object(
    store: ObjectStore, key: str
) -> None:
    upload = await store.create_multipart(key, content_type="image/jpeg")
    await store.upload_part(key, upload, 1, b"a" * 10)

    with pytest.raises(InvalidParts):
        await store.complete_multipart(key, upload, [(1, "0" * 32)])

    assert await store.head(key) is None
    await store.abort_multipart(key, upload)


async def test_an_upload_that_was_ended_is_missing(store: ObjectStore, key: str) -> None:
    upload = await store.create_multipart(key, content_type="image/jpeg")
    assert upload in {multipart.upload_id async for multipart in store.list_multiparts(key)}

    await store.abort_multipart(key, upload)
    await store.abort_multipart(key, upload)

    with pytest.raises(UploadMissing):
        await store.list_parts(key, upload)
    with pytest.raises(UploadMissing):
        await store.complete_multipart(key, upload, [(1, "0" * 32)])
    assert [multipart async for multipart in store.list_multiparts(key)] == []


async def test_presigned_urls_work_on_the_real_server_and_only_as_signed(
    storage_settings: StorageSettings, key: str
) -> None:
    real = connect_store(storage_settings)
    await real.ensure_bucket()
    presigner = Presigner(storage_settings)
    base = storage_settings.endpoint_url
    upload = await real.create_multipart(key, content_type="image/jpeg")
    signed = presigner.put_part(key, upload, 1, size=7, base_url=base, expires_s=60)
    async with httpx.AsyncClient() as client:
        put = await client.put(
            signed.url, content=b"picture", headers={"Content-Type": "application/octet-stream"}
        )
        await real.complete_multipart(key, upload, [(1, put.headers["etag"].strip('"'))])
        url = presigner.get(key, base_url=base, content_type="image/jpeg", download_name="Été.jpg")
        download = await client.get(url)
        forged = await client.get(url.replace("a.jpg", "b.jpg"))
    await real.close()

    assert download.content == b"picture"
    assert download.headers["content-type"] == "image/jpeg"
    assert "immutable" in download.headers["cache-control"]
    assert "attachment" in download.headers["content-disposition"]
    assert forged.status_code == 403


@pytest.mark.parametrize("size", [0, 9, 11, 6 << 20])
async def test_storage_refuses_a_part_of_another_size_than_the_signed_one(
    storage_settings: StorageSettings, key: str, size: int
) -> None:
    real = connect_store(storage_settings)
    await real.ensure_bucket()
    upload = await real.create_multipart(key, content_type="image/jpeg")
    base = storage_settings.endpoint_url
    signed = Presigner(storage_settings).put_part(
        key, upload, 1, size=10, base_url=base, expires_s=60
    )

    async def unannounced() -> AsyncIterator[bytes]:
        yield b"x" * size

    async def status(content: bytes | AsyncIterator[bytes]) -> int | None:
        """None where storage ends the connection without reading a large body."""
        with suppress(httpx.TransportError):
            return (await client.put(signed.url, content=content)).status_code
        return None

    async with httpx.AsyncClient() as client:
        refused = await status(b"x" * size)
        chunked = await status(unannounced())
        parts_after_refusal = await real.list_parts(key, upload)
        accepted = await client.put(signed.url, content=b"x" * 10)
    parts = await real.list_parts(key, upload)
    await real.abort_multipart(key, upload)
    await real.close()

    assert refused in ({403} if size < PART else {403, None})
    assert chunked in {403, 411, None}
    assert parts_after_refusal == []
    assert accepted.status_code == 200, accepted.text
    assert [part.size for part in parts] == [10]
