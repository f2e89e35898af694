"""The timeline's counters and the versions of its months.

Both are exact without transactions. A photo document whose month has changed is marked by the
same write. Settling the marks moves in three steps of single-document writes: the counters apply
the marked moves, give the months new versions and list the marks as `inflight`, guarded by
`epoch`; the photos are updated to their new cells and lose their marks; the list is cleared. A
process that finds a list left behind completes it first. Every move has a number of its own, so
each photo is updated once, and a mark is removed only from a photo that was not written since it
was read, so a slow process that completes late changes nothing.

Who finds no mark and then reads a version has one that counts every change until then, whichever
process made it. What is read from the photos after that is as new as the version or newer, so it
may be kept under the version.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import UpdateOne

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.mongo import (
    Document,
    MongoCollection,
    MongoDatabase,
    insert_unless_exists,
)
from pichaven_gallery.timeline.counts import Counts, Recount
from pichaven_gallery.timeline.recent_changes import ChangeBatch, newest, photos_between

_BATCH: Final = 500
_MAX_SETTLED: Final = 1_000
"""Changes that a reader settles first, so that it sees its own."""
_ATTEMPTS: Final = 3
"""Of a reader, where changes come while it settles."""


@dataclass(frozen=True, slots=True)
class MonthEdition:
    """A month in one of its versions."""

    owner_id: str
    month: str
    count: int
    """Of its photos."""
    version: str | None
    """None of an empty month, and while changes are being counted."""


@dataclass(frozen=True, slots=True)
class TimelineState:
    counts: Counts
    """Of the months that were asked for, without days."""
    is_settled: bool
    """Whether all changes of these months until now are counted and in the versions."""

    def version_of(self, month: str) -> str | None:
        """Return the month's version; None for an empty month, and where changes are left."""
        return self.counts.versions.get(month) if self.is_settled else None

    def edition(self, owner_id: str, month: str) -> MonthEdition:
        """Return the owner's month as this state has it."""
        count = self.counts.months.get(month, 0)
        return MonthEdition(owner_id, month, count, self.version_of(month))


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """The last change of any month of an owner."""

    owner_id: str
    at: datetime


class TimelineRepository:
    """The counters of each owner. Any number of processes may settle them at once."""

    def __init__(
        self, database: MongoDatabase, photos: MongoCollection, clock: Clock = utc_now
    ) -> None:
        self._photos = photos
        self._counters = database["timelines"]
        self._clock = clock

    async def ensure_indexes(self) -> None:
        await self._counters.create_index("changed_at", sparse=True, name="changed")

    async def recount_if_lost(self) -> None:
        """Mark all photos to be counted again where there are counted photos and no counters.

        So it is after a backup was restored, which has none.
        """
        counted: Document = {"counted": {"$exists": True}}
        if await self._counters.find_one({}, {"_id": 1}) is not None:
            return
        while (photo := await self._photos.find_one(counted, {"owner_id": 1})) is not None:
            owner_id = photo["owner_id"]
            await self._photos.update_many(
                counted | {"owner_id": owner_id},
                {"$set": {"count_due": owner_id}, "$unset": {"counted": ""}},
            )

    async def get(self, owner_id: str) -> Counts:
        """Return the counts as they are."""
        return _to_counts(await self._counters.find_one({"_id": owner_id}))

    async def read(self, owner_id: str, month: str | None = None) -> TimelineState:
        """Return the state of one month or of all, after settling what is due there.

        Where nothing is, that is one read of a few bytes.
        """
        state = await self._read(owner_id, month)
        for _ in range(_ATTEMPTS):
            if state.is_settled:
                break
            await self.settle(owner_id, limit=_MAX_SETTLED)
            state = await self._read(owner_id, month)
        if state.counts.months.keys() - state.counts.versions.keys():
            await self._add_versions(owner_id)
            state = await self._read(owner_id, month)
        return state

    async def _read(self, owner_id: str, month: str | None) -> TimelineState:
        """Look for a mark and read the counters, in this order, in one round trip."""
        suffix = f".{month}" if month else ""
        wanted = {f"{name}{suffix}": 1 for name in ("months", "versions")}
        mark = {"count_due": owner_id} | ({"due_months": month} if month else {})
        cursor = self._photos.aggregate(
            [
                {"$match": mark},
                {"$limit": 1},
                {"$project": {"count_due": 1}},
                {
                    "$unionWith": {
                        "coll": self._counters.name,
                        "pipeline": [{"$match": {"_id": owner_id}}, {"$project": wanted}],
                    }
                },
            ]
        )
        documents = await cursor.to_list(None)
        marked = any("count_due" in each for each in documents)
        counters = next((each for each in documents if each["_id"] == owner_id), None)
        return TimelineState(_to_counts(counters), is_settled=not marked)

    async def photos_changed(
        self, owner_id: str, month: str, version: str, until: str
    ) -> frozenset[str] | None:
        """Return the photos that changed a month between two of its versions.

        None where the earlier one is too long ago.
        """
        counters = await self._counters.find_one({"_id": owner_id}, {"recent": 1})
        return photos_between(_to_batches(counters), month, version, until)

    async def changed_before(self, cutoff: datetime, *, limit: int) -> Sequence[OwnerChange]:
        """Return owners whose last change is older, and was not taken by `forget_change`."""
        query = {"changed_at": {"$lte": cutoff}}
        owners = self._counters.find(query, {"changed_at": 1}).limit(limit)
        return [OwnerChange(owner["_id"], owner["changed_at"]) async for owner in owners]

    async def forget_change(self, change: OwnerChange) -> None:
        """Take the owner off `changed_before`, until the next change."""
        await self._counters.update_one(
            {"_id": change.owner_id, "changed_at": change.at}, {"$unset": {"changed_at": ""}}
        )

    async def owners_due(self, *, limit: int) -> Sequence[str]:
        """Return owners with changes to settle."""
        marked = self._photos.find({"count_due": {"$exists": True}}, {"count_due": 1}).limit(
            limit * 50
        )
        owner_ids = {document["count_due"]: None async for document in marked}
        return list(owner_ids)[:limit]

    async def settle(self, owner_id: str, *, limit: int) -> bool:
        """Settle up to about `limit` changes. Return whether that were all, of those until now."""
        for _ in range(2 * (limit // _BATCH + 1)):
            counters = await self._counters.find_one({"_id": owner_id})
            if counters is not None and counters["inflight"]:
                await self._complete(owner_id, counters)
                continue
            recounts = await self._recounts(owner_id)
            if not recounts:
                return True
            before, version = _to_counts(counters), _new_version()
            batch = ChangeBatch.of(recounts, before.versions, version)
            recent = newest([*_to_batches(counters), batch])
            after = before.apply(recounts, version)
            is_written = await self._write(owner_id, counters, after, recounts, recent)
            if is_written and len(recounts) < _BATCH:
                return True
        return False

    async def _recounts(self, owner_id: str) -> list[Recount]:
        fields = dict.fromkeys(("cell", "counted", "count_seq", "seq", "due_months"), 1)
        marked = self._photos.find({"count_due": owner_id}, fields).limit(_BATCH)
        return [
            Recount(
                photo["_id"],
                photo.get("count_seq", 0),
                photo.get("counted"),
                photo.get("cell"),
                photo["seq"],
                frozenset(photo.get("due_months", ())),
            )
            async for photo in marked
        ]

    async def _add_versions(self, owner_id: str) -> None:
        """Give versions to months that were counted before months had them."""
        counters = await self._counters.find_one({"_id": owner_id})
        if counters is None:
            return
        if counters["inflight"]:
            await self._complete(owner_id, counters)
            return
        counts = _to_counts(counters).with_versions(_new_version())
        await self._write(owner_id, counters, counts, (), _to_batches(counters))

    async def _write(
        self,
        owner_id: str,
        counters: Document | None,
        counts: Counts,
        recounts: Sequence[Recount],
        recent: Sequence[ChangeBatch],
    ) -> bool:
        """Write the counts; return False where the counters have changed since they were read."""
        state: Document = {
            "months": dict(counts.months),
            "days": dict(counts.days),
            "versions": dict(counts.versions),
            "inflight": [_to_move(recount) for recount in recounts],
            "recent": [batch.to_document() for batch in recent],
            "changed_at": self._clock(),
        }
        if counters is None:
            epoch = 0
            document = {"_id": owner_id, "epoch": 1, **state}
            if not await insert_unless_exists(self._counters, document):
                return False
        else:
            epoch = counters["epoch"]
            result = await self._counters.update_one(
                {"_id": owner_id, "epoch": epoch}, {"$set": state, "$inc": {"epoch": 1}}
            )
            if not result.matched_count:
                return False
        if recounts:
            await self._complete(owner_id, {"epoch": epoch + 1, **state})
        return True

    async def _complete(self, owner_id: str, counters: Document) -> None:
        """Update the photos in flight and clear the list. May be repeated, and come late."""
        moves: list[dict[str, Any]] = counters["inflight"]
        counted = [
            UpdateOne(
                {"_id": move["photo"], "count_seq": move["nth"]},
                {"$set": {"counted": move["target"]}, "$inc": {"count_seq": 1}},
            )
            for move in moves
            if move.get("moves", True)
        ]
        if counted:
            await self._photos.bulk_write(counted, ordered=False)
        unmarked = [
            UpdateOne(
                {"_id": move["photo"], "seq": move["seq"]},
                {"$unset": {"count_due": "", "due_months": ""}},
            )
            for move in moves
            if "seq" in move
        ]
        if unmarked:
            await self._photos.bulk_write(unmarked, ordered=False)
        await self._counters.update_one(
            {"_id": owner_id, "epoch": counters["epoch"]},
            {"$set": {"inflight": []}, "$inc": {"epoch": 1}},
        )


def _to_move(recount: Recount) -> Document:
    return {
        "photo": recount.photo_id,
        "nth": recount.nth,
        "target": recount.target,
        "seq": recount.seq,
        "moves": recount.source != recount.target,
    }


def _to_counts(counters: Document | None) -> Counts:
    counters = counters or {}
    return Counts(*(counters.get(name, {}) for name in ("months", "days", "versions")))


def _to_batches(counters: Document | None) -> list[ChangeBatch]:
    return [ChangeBatch.from_document(each) for each in (counters or {}).get("recent", ())]


def _new_version() -> str:
    return secrets.token_urlsafe(8)
