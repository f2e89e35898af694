"""A backup brings databases and objects back, and says when it cannot."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from pichaven_chassis.backup import BackupError, Totals, back_up, restore
from pichaven_chassis.mongo import MongoClient, MongoDatabase
from testing.memory_object_store import MemoryObjectStore

DOCUMENTS = [
    {"_id": f"photo-{number}", "at": datetime(2026, 1, 2, tzinfo=UTC), "bytes": b"\0\xff"}
    for number in range(1_203)
]
OBJECTS = {f"originals/owner/{number}/photo.jpg": bytes([number]) * number for number in range(20)}


@pytest_asyncio.fixture
async def client(mongo_database: MongoDatabase) -> AsyncIterator[MongoClient]:
    await mongo_database["photos"].insert_many(DOCUMENTS)
    await mongo_database["marks"].insert_one({"_id": 1, "on": True})
    yield mongo_database.client


@pytest_asyncio.fixture
async def store() -> MemoryObjectStore:
    store = MemoryObjectStore()
    for key, data in OBJECTS.items():
        await store.put(key, data, content_type="image/jpeg")
    return store


async def test_what_was_backed_up_is_restored(
    client: MongoClient, mongo_database: MongoDatabase, store: MemoryObjectStore, tmp_path: Path
) -> None:
    name = mongo_database.name
    totals = await back_up(client, store, tmp_path, prefix=name)
    assert totals == Totals(len(DOCUMENTS) + 1, len(OBJECTS), sum(map(len, OBJECTS.values())))

    with pytest.raises(BackupError, match="is not empty"):
        await restore(client, store, tmp_path)
    await client.drop_database(name)
    empty = MemoryObjectStore()
    assert await restore(client, empty, tmp_path) == totals

    restored = [each async for each in mongo_database["photos"].find().sort("_id")]
    assert restored == sorted(DOCUMENTS, key=lambda each: str(each["_id"]))
    assert await mongo_database["marks"].find_one() == {"_id": 1, "on": True}
    assert {
        info.key: await empty.get(info.key, max_bytes=100) async for info in empty.list("")
    } == (OBJECTS)


async def test_a_later_backup_copies_what_is_new_and_restores_what_is_there(
    client: MongoClient, mongo_database: MongoDatabase, store: MemoryObjectStore, tmp_path: Path
) -> None:
    name, (first, second, *_) = mongo_database.name, OBJECTS
    await back_up(client, store, tmp_path, prefix=name)
    unchanged = tmp_path / "objects" / second
    written_at = unchanged.stat().st_mtime_ns
    await store.delete([first])
    await store.put("originals/new.jpg", b"new", content_type="image/jpeg")
    await mongo_database.drop_collection("marks")

    await back_up(client, store, tmp_path, prefix=name)
    assert unchanged.stat().st_mtime_ns == written_at
    await client.drop_database(name)
    empty = MemoryObjectStore()
    await restore(client, empty, tmp_path)

    keys = {info.key async for info in empty.list("")}
    assert keys == OBJECTS.keys() - {first} | {"originals/new.jpg"}
    assert await mongo_database.list_collection_names() == ["photos"]


async def test_an_unfinished_backup_is_not_restored(
    client: MongoClient, mongo_database: MongoDatabase, tmp_path: Path
) -> None:
    class Failing(MemoryObjectStore):
        async def download(self, *_arguments: object, **_options: object) -> int:
            raise ConnectionError

    store = Failing()
    await store.put("originals/one.jpg", b"1", content_type="image/jpeg")
    with pytest.raises(ConnectionError):
        await back_up(client, store, tmp_path, prefix=mongo_database.name)
    with pytest.raises(BackupError, match="no complete backup"):
        await restore(client, store, tmp_path)


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../b"])
async def test_a_key_outside_of_the_folder_is_refused(
    client: MongoClient, mongo_database: MongoDatabase, tmp_path: Path, key: str
) -> None:
    store = MemoryObjectStore()
    await store.put(key, b"1", content_type="image/jpeg")
    with pytest.raises(BackupError, match="no key"):
        await back_up(client, store, tmp_path / "backup", prefix=mongo_database.name)
