"""Accounts in MongoDB: one document per owner, changed under optimistic concurrency."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from weakref import WeakValueDictionary

from pichaven_chassis.mongo import Document, MongoDatabase, insert_unless_exists
from pichaven_chassis.optimistic import WriteConflict, WriteContended, write_optimistically
from pichaven_chassis.problems import Unavailable
from pichaven_upload.usage.model import Account, Reservation


class AccountRepository:
    """Updates of one owner queue within a process; between processes the version decides."""

    def __init__(self, database: MongoDatabase) -> None:
        self._accounts = database["accounts"]
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ensure_indexes(self) -> None:
        await self._accounts.create_index("waiting_since", name="waiting", sparse=True)

    async def get(self, owner_id: str) -> Account:
        """Return the owner's account; an empty one if there is none yet."""
        document = await self._accounts.find_one({"_id": owner_id})
        return _to_account(document) if document else Account(owner_id=owner_id)

    async def update_optimistically(
        self, owner_id: str, update: Callable[[Account], Awaitable[Account]]
    ) -> Account:
        """Read the account, apply `update`, write the result if the version is unchanged.

        After a conflict it starts again from the read. So whatever `update` reads elsewhere is
        read after the account, and its decision holds for the version that it changes. What
        `update` raises is passed on. Raises `Unavailable` when all attempts conflict.
        """

        async def attempt() -> Account:
            account = await self.get(owner_id)
            updated = await update(account)
            if updated is not account:
                await self._replace_version(account.version, updated)
            return updated

        async with self._locks.setdefault(owner_id, asyncio.Lock()):
            try:
                return await write_optimistically(attempt)
            except WriteContended:
                detail = "Too many uploads of this account at once. Try again in a moment."
                raise Unavailable(detail) from None

    async def iterate_pending(self, before: datetime) -> AsyncIterator[Account]:
        """Yield accounts with reservations or unforgotten releases from before the moment."""
        async for document in self._accounts.find({"waiting_since": {"$lt": before}}):
            yield _to_account(document)

    async def _replace_version(self, version: int, account: Account) -> None:
        """Write the account. Raises `WriteConflict` if its stored version is another one."""
        document = _to_document(account) | {"version": version + 1}
        if version == 0:
            written = await insert_unless_exists(self._accounts, document)
        else:
            result = await self._accounts.replace_one(
                {"_id": account.owner_id, "version": version}, document
            )
            written = result.matched_count == 1
        if not written:
            raise WriteConflict


def _to_document(account: Account) -> Document:
    pending = [reservation.at for reservation in account.open.values()]
    pending += account.releasing.values()
    document: Document = {
        "_id": account.owner_id,
        "version": account.version,
        "bytes_used": account.bytes_used,
        "photos": account.photos,
        "open": [
            {"upload_id": upload_id, "bytes": reservation.bytes, "at": reservation.at}
            for upload_id, reservation in account.open.items()
        ],
        "starts": [[minute, count] for minute, count in account.starts.items()],
        "releasing": [
            {"photo_id": photo_id, "at": at} for photo_id, at in account.releasing.items()
        ],
    }
    return document | ({"waiting_since": min(pending)} if pending else {})


def _to_account(document: Document) -> Account:
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
