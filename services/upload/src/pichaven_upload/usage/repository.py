"""Accounts in Mongo: one document per owner, changed only from the version that was read."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_chassis.problems import Unavailable
from pichaven_upload.usage.model import Account, Reservation

_TRIES: Final = 60
_LONGEST_PAUSE_S: Final = 0.05


class MongoAccounts:
    """Changes of one owner queue within a process; between processes the version decides."""

    def __init__(self, database: MongoDatabase) -> None:
        self._accounts = database["accounts"]
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ensure_indexes(self) -> None:
        await self._accounts.create_index("waiting_since", name="waiting", sparse=True)

    async def get(self, owner_id: str) -> Account:
        found = await self._accounts.find_one({"_id": owner_id})
        return _account(found) if found else Account(owner_id=owner_id)

    async def change(
        self, owner_id: str, change: Callable[[Account], Awaitable[Account]]
    ) -> Account:
        queue = self._queues.setdefault(owner_id, asyncio.Lock())
        async with queue:
            for attempt in range(_TRIES):
                account = await self.get(owner_id)
                changed = await change(account)
                if changed is account or await self._replace(account.version, changed):
                    return changed
                pause = min(0.001 * 2**attempt, _LONGEST_PAUSE_S)
                await asyncio.sleep(random.uniform(0, pause))
        raise Unavailable("Too many uploads of this account at once. Try again in a moment.")

    async def with_reservations(self, before: datetime) -> AsyncIterator[Account]:
        async for document in self._accounts.find({"waiting_since": {"$lt": before}}):
            yield _account(document)

    async def _replace(self, version: int, account: Account) -> bool:
        document = _document(account) | {"version": version + 1}
        if version == 0:
            try:
                await self._accounts.insert_one(document)
            except DuplicateKeyError:
                return False
            return True
        replaced = await self._accounts.replace_one(
            {"_id": account.owner_id, "version": version}, document
        )
        return replaced.matched_count == 1


def _document(account: Account) -> Document:
    waiting = [kept.at for kept in account.open.values()] + list(account.releasing.values())
    document: Document = {
        "_id": account.owner_id,
        "version": account.version,
        "bytes_used": account.bytes_used,
        "photos": account.photos,
        "open": [
            {"upload_id": upload_id, "bytes": kept.bytes, "at": kept.at}
            for upload_id, kept in account.open.items()
        ],
        "starts": [[minute, count] for minute, count in account.starts.items()],
        "releasing": [
            {"photo_id": photo_id, "at": at} for photo_id, at in account.releasing.items()
        ],
    }
    return document | ({"waiting_since": min(waiting)} if waiting else {})


def _account(document: Document) -> Account:
    return Account(
        owner_id=document["_id"],
        version=document["version"],
        bytes_used=document["bytes_used"],
        photos=document["photos"],
        open={
            entry["upload_id"]: Reservation(entry["bytes"], entry["at"])
            for entry in document["open"]
        },
        starts=dict(document["starts"]),
        releasing={entry["photo_id"]: entry["at"] for entry in document["releasing"]},
    )
