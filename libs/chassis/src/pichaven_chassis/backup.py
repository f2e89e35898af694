"""Databases and objects in a folder, and back: `admin backup FOLDER`, `admin restore FOLDER`.

    databases/DATABASE/COLLECTION.bson   as `mongodump` writes them
    objects/KEY                          only ever added to: a later backup copies what is new
    objects.txt                          the keys and sizes that belong to the last backup
    backup.json                          written last; a folder without it is no backup

Databases come first. An object that is removed meanwhile is one of a purged photo, and a photo that
comes meanwhile is in the next backup.
"""

import asyncio
import json
import mimetypes
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from pichaven_chassis.mongo import MongoClient, MongoCollection
from pichaven_chassis.storage.objects import ObjectInfo, ObjectMissing, ObjectStore

_FORM: Final = 1
PREFIX: Final = "pichaven_"
"""Of the databases of services."""
_MADE_ANEW: Final = {"pichaven_gallery": {"timelines", "month_pages", "inventory"}}
"""Collections that a service makes anew of others, where they are missing."""
_BATCH: Final = 500
_PARALLEL: Final = 8
_RAW: Final[CodecOptions[RawBSONDocument]] = CodecOptions(RawBSONDocument)

Report = Callable[[str], None]


class BackupError(Exception):
    """Raised when a backup cannot be made or restored; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Totals:
    documents: int
    objects: int
    bytes: int
    """Of the objects."""


async def back_up(
    client: MongoClient,
    store: ObjectStore,
    folder: Path,
    report: Report = lambda _line: None,
    *,
    prefix: str = PREFIX,
) -> Totals:
    """Write a backup; what an earlier one in the folder has of objects is not copied again."""
    done = folder / "backup.json"
    done.unlink(missing_ok=True)
    databases = folder / "databases"
    # Of a backup before, so that no collection is left that is gone.
    shutil.rmtree(databases, ignore_errors=True)
    documents = 0
    for name in sorted(await client.list_database_names()):
        if not name.startswith(prefix):
            continue
        database = client.get_database(name)
        for collection in sorted(await database.list_collection_names()):
            if collection in _MADE_ANEW.get(name, ()) or collection.startswith("system."):
                continue
            target = databases / name / f"{collection}.bson"
            target.parent.mkdir(parents=True, exist_ok=True)
            count = await _dump(database[collection], target)
            documents += count
            report(f"{name}.{collection}: {count} documents")
    objects, size = await _copy_objects(store, folder, report)
    totals = Totals(documents, objects, size)
    _write(
        done,
        json.dumps(
            {
                "form": _FORM,
                "at": datetime.now(UTC).isoformat(),
                "documents": documents,
                "objects": objects,
                "bytes": size,
            }
        ),
    )
    return totals


async def restore(
    client: MongoClient, store: ObjectStore, folder: Path, report: Report = lambda _line: None
) -> Totals:
    """Put a backup into databases and a bucket that are empty. Raises `BackupError`.

    Services must not run meanwhile; their setup follows.
    """
    totals = _read_totals(folder)
    dumps = sorted((folder / "databases").glob("*/*.bson"))
    for name in sorted({dump.parent.name for dump in dumps}):
        if await client.get_database(name).list_collection_names():
            raise BackupError(
                f"{name} is not empty: restore into new engines, or drop the database first"
            )
    for dump in dumps:
        count = await _load(client.get_database(dump.parent.name)[dump.stem], dump)
        report(f"{dump.parent.name}.{dump.stem}: {count} documents")
    await _put_objects(store, folder, report)
    return totals


def _read_totals(folder: Path) -> Totals:
    try:
        content = json.loads((folder / "backup.json").read_text())
    except FileNotFoundError:
        raise BackupError(f"{folder} has no complete backup: backup.json is written last") from None
    if content["form"] != _FORM:
        raise BackupError(f"{folder} was written by another version of PicHaven")
    return Totals(content["documents"], content["objects"], content["bytes"])


async def _dump(collection: MongoCollection, target: Path) -> int:
    count = 0
    with target.open("wb") as file:
        async for document in collection.with_options(codec_options=_RAW).find():
            file.write(document.raw)
            count += 1
        _flush(file)
    return count


async def _load(collection: MongoCollection, dump: Path) -> int:
    count = 0
    raw = collection.with_options(codec_options=_RAW)
    with dump.open("rb") as file:
        documents = bson.decode_file_iter(file, _RAW)
        while batch := list(islice(documents, _BATCH)):
            await raw.insert_many(batch, ordered=False)
            count += len(batch)
    return count


async def _copy_objects(store: ObjectStore, folder: Path, report: Report) -> tuple[int, int]:
    """Copy the objects that the folder lacks; return the number and size of all."""
    copied: list[ObjectInfo] = []
    async for infos in _batches(store.list("")):
        results = await asyncio.gather(*(_copy_object(store, folder, info) for info in infos))
        copied += [info for info, is_there in zip(infos, results, strict=True) if is_there]
        if len(copied) % 1_000 < _PARALLEL:
            report(f"{len(copied)} objects")
    _write(folder / "objects.txt", "".join(f"{info.size} {info.key}\n" for info in copied))
    return len(copied), sum(info.size for info in copied)


async def _copy_object(store: ObjectStore, folder: Path, info: ObjectInfo) -> bool:
    """Return False for one that was removed meanwhile."""
    target = _file_of(folder, info.key)
    if target.exists() and target.stat().st_size == info.size:
        # The content under a key never changes.
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        await store.download(info.key, part, max_bytes=info.size)
    except ObjectMissing:
        part.unlink(missing_ok=True)
        return False
    part.replace(target)
    return True


async def _put_objects(store: ObjectStore, folder: Path, report: Report) -> None:
    lines = (folder / "objects.txt").read_text().splitlines()
    for start in range(0, len(lines), _PARALLEL):
        keys = [line.partition(" ")[2] for line in lines[start : start + _PARALLEL]]
        await asyncio.gather(*(_put_object(store, folder, key) for key in keys))
        if start % 1_000 < _PARALLEL:
            report(f"{start + len(keys)} of {len(lines)} objects")


async def _put_object(store: ObjectStore, folder: Path, key: str) -> None:
    content_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
    await store.put_file(key, _file_of(folder, key), content_type=content_type)


async def _batches(infos: AsyncIterator[ObjectInfo]) -> AsyncIterator[list[ObjectInfo]]:
    batch: list[ObjectInfo] = []
    async for info in infos:
        batch.append(info)
        if len(batch) == _PARALLEL:
            yield batch
            batch = []
    if batch:
        yield batch


def _file_of(folder: Path, key: str) -> Path:
    objects = (folder / "objects").resolve()
    path = (objects / key).resolve()
    if not path.is_relative_to(objects):
        raise BackupError(f"{key!r} is no key of PicHaven's")
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(text.encode())
        _flush(file)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
