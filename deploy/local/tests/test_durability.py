"""What an engine has acknowledged is there after it was killed, and nothing is there in part."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr
from pymongo.errors import PyMongoError

from pichaven_chassis.mongo import MongoDatabase, close, connect
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.settings import MongoSettings, StorageSettings
from pichaven_chassis.storage import S3ObjectStore, connect_store
from pichaven_local.engines.mongo import mongo_command
from pichaven_local.engines.storage import storage_command
from pichaven_local.ports import Ports
from pichaven_local.probes import Probe, tcp_probe
from pichaven_local.process import Child, Command
from testing.polling import eventually

KILLS: Final = 2
WRITERS: Final = 4
SECRETS: Final = {"storage_key_id": "PHKEY", "storage_secret": "a secret of the test"}


@asynccontextmanager
async def running(command: Callable[[], Command], ready: Probe, log: Path) -> AsyncIterator[Child]:
    child = Child(command(), log)
    try:
        await eventually(ready, "the engine answers", 60)
        yield child
    finally:
        await asyncio.to_thread(child.stop)


async def _write_until_killed(
    child: Child, write: Callable[[int], Awaitable[None]], after: int
) -> None:
    """Kill the engine after so many writes, amid others."""

    async def one_after_another(writer: int) -> None:
        number = writer
        while True:
            try:
                await write(number)
            except (PyMongoError, ClientError, BotoCoreError, EngineDown, OSError):
                return
            number += WRITERS
            if number >= after * WRITERS and child.exit_code is None:
                child.kill()

    await asyncio.gather(*map(one_after_another, range(WRITERS)))


async def test_a_killed_mongo_keeps_every_acknowledged_write(tmp_path: Path) -> None:
    ports = Ports.free()
    url = SecretStr(f"mongodb://127.0.0.1:{ports.mongo}/?directConnection=true")
    settings = MongoSettings(url=url, timeout_ms=2_000)
    acknowledged: dict[str, int] = {}

    async def write(database: MongoDatabase, round_name: str, number: int) -> None:
        key = f"{round_name}-{number}"
        await database["writes"].insert_one({"_id": key, "value": 1})
        acknowledged[key] = 1
        await database["writes"].update_one({"_id": key}, {"$set": {"value": 2}})
        acknowledged[key] = 2

    def command() -> Command:
        return mongo_command(tmp_path / "mongo", ports)

    for kill in range(KILLS + 1):
        async with running(command, tcp_probe(ports.mongo), tmp_path / "log") as child:
            database = connect(settings, "durability")
            stored = {each["_id"]: each["value"] async for each in database["writes"].find({})}
            lost = {key for key, value in acknowledged.items() if stored.get(key, 0) < value}
            assert lost == set()
            if kill < KILLS:
                await _write_until_killed(child, partial(write, database, str(kill)), 100)
            await close(database)
    assert len(acknowledged) > KILLS * 100


def _bytes_of(key: str) -> bytes:
    block = hashlib.sha256(key.encode()).digest()
    return block * (1_000 + 97 * (block[0] % 64))


async def _check_objects(store: S3ObjectStore, acknowledged: set[str]) -> None:
    stored = {info.key async for info in store.list("photos/")}
    assert acknowledged <= stored
    for key in stored:
        assert await store.get(key, max_bytes=1 << 20) == _bytes_of(key), f"{key} is not whole"


async def test_a_killed_storage_keeps_every_acknowledged_object_whole(tmp_path: Path) -> None:
    ports = Ports.free()
    settings = StorageSettings(
        endpoint_url=f"http://127.0.0.1:{ports.storage}",
        access_key_id=SECRETS["storage_key_id"],
        secret_access_key=SecretStr(SECRETS["storage_secret"]),
    )
    acknowledged: set[str] = set()

    async def write(store: S3ObjectStore, round_name: str, number: int) -> None:
        key = f"photos/{round_name}-{number}"
        data = _bytes_of(key)
        if number % 3:
            await store.put(key, data, content_type="image/jpeg")
        else:
            upload_id = await store.create_multipart(key, content_type="image/jpeg")
            etag = await store.upload_part(key, upload_id, 1, data)
            await store.complete_multipart(key, upload_id, [(1, etag)])
        acknowledged.add(key)

    def command() -> Command:
        return storage_command(tmp_path / "storage", ports, SECRETS)

    for kill in range(KILLS + 1):
        async with running(command, tcp_probe(ports.storage), tmp_path / "log") as child:
            store = connect_store(settings)
            await store.ensure_bucket()
            await _check_objects(store, acknowledged)
            if kill < KILLS:
                await _write_until_killed(child, partial(write, store, str(kill)), 40)
            await store.close()
    assert len(acknowledged) > KILLS * 40
