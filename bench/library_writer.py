"""Writing many new photos of a library at once, as gallery would write each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from pydantic import SecretStr
from pymongo.results import InsertManyResult

from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import Document, MongoCollection, close, connect
from pichaven_chassis.settings import MongoSettings
from pichaven_gallery.photos.capture_time import EARLIEST
from pichaven_gallery.photos.documents import to_document
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.settings import GallerySettings
from pichaven_gallery.timeline.counts import Counts, Recount
from pichaven_local.stack import Stack
from testing.polling import eventually

_STORED_WITHIN_S: Final = 900


@asynccontextmanager
async def library_writer(
    stack: Stack, owner_id: str, *, stores_months: bool
) -> AsyncIterator[Callable[[Sequence[Photo]], Awaitable[None]]]:
    """Yield what writes new photos of an owner; in the end they are counted.

    With `stores_months`, gallery's worker has also stored the months, as it does once a library is
    quiet.

    The indexes of lists are made after the photos, in a third of the time. That of the trash is
    kept: its keys come in order, and the local stand-in of MongoDB takes minutes to make such an
    index of 100,000 at once.
    """
    url = SecretStr(stack.environment("gallery")["PICHAVEN_MONGO_URL"])
    database = connect(MongoSettings(url=url, timeout_ms=600_000), "gallery")
    photos, timeouts = database["photos"], GallerySettings().timeouts
    recounts: list[Recount] = []
    insertion: asyncio.Future[InsertManyResult] | None = None

    async def write(batch: Sequence[Photo]) -> None:
        """Start to insert the batch, once the one before is in."""
        nonlocal insertion
        documents: list[Document] = [
            {"_id": photo.photo_id, "seq": 1, "count_seq": 1} | to_document(photo, timeouts)
            for photo in batch
        ]
        for document in documents:
            cell = document["counted"] = document["cell"]
            recounts.append(Recount(document["_id"], 0, None, cell))
        if insertion is not None:
            await insertion
        insertion = asyncio.ensure_future(photos.insert_many(documents, ordered=False))

    try:
        for name in await photos.index_information():
            if name.startswith("library_"):
                await photos.drop_index(name)
        yield write
        if insertion is not None:
            await insertion
        print("making the indexes", flush=True)
        await PhotoRepository(database, timeouts).ensure_indexes()
        counts = Counts({}, {}).apply(recounts, new_id())
        state = {"months": counts.months, "days": counts.days, "versions": counts.versions}
        await database["timelines"].replace_one(
            {"_id": owner_id},
            {"epoch": 1, "inflight": [], **state},
            upsert=True,
        )
        if stores_months:
            await _wait_until_stored(database["timelines"], owner_id)
    finally:
        await close(database)


async def _wait_until_stored(counters: MongoCollection, owner_id: str) -> None:
    await counters.update_one({"_id": owner_id}, {"$set": {"changed_at": EARLIEST}})

    async def quiet_counter() -> Document | None:
        return await counters.find_one({"_id": owner_id, "changed_at": {"$exists": False}})

    _: Document | None = await eventually(quiet_counter, "the months are stored", _STORED_WITHIN_S)
