"""Exact counters without transactions.

A photo document whose cell has changed is marked. Counting moves in three single-document
writes: the counters take up the marked moves together with their names (`inflight`), guarded
by `epoch`; the photos learn that they are counted; the names are dropped. Whoever finds names
left behind first finishes that work. Every move has a number of its own, so a photo learns of
each once, and a slow finisher changes nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoCollection, MongoDatabase
from pichaven_gallery.timeline.counts import Counts, Recount

_BATCH: Final = 500


class MongoTimeline:
    def __init__(self, database: MongoDatabase, photos: MongoCollection) -> None:
        self._photos = photos
        self._counters = database["timelines"]

    async def counts(self, owner_id: str) -> Counts:
        return _counts(await self._counters.find_one({"_id": owner_id}))

    async def owners_due(self, *, limit: int) -> Sequence[str]:
        marked = self._photos.find({"count_due": {"$exists": True}}, {"count_due": 1}).limit(
            limit * 50
        )
        found = {document["count_due"]: None async for document in marked}
        return list(found)[:limit]

    async def settle(self, owner_id: str, *, most: int) -> bool:
        for _ in range(2 * (most // _BATCH + 1)):
            counters = await self._counters.find_one({"_id": owner_id})
            if counters is not None and counters["inflight"]:
                await self._finish(owner_id, counters)
                continue
            recounts = await self._marked(owner_id)
            if not recounts:
                return True
            await self._take_up(owner_id, counters, recounts)
        return False

    async def _marked(self, owner_id: str) -> list[Recount]:
        marked = self._photos.find(
            {"count_due": owner_id}, {"cell": 1, "counted": 1, "count_seq": 1}
        ).limit(_BATCH)
        return [
            Recount(
                photo["_id"], photo.get("count_seq", 0), photo.get("counted"), photo.get("cell")
            )
            async for photo in marked
        ]

    async def _take_up(
        self, owner_id: str, counters: Document | None, recounts: list[Recount]
    ) -> None:
        """Unless somebody else has changed the counters since they were read."""
        made = _counts(counters).moved(recounts)
        state: Document = {
            "months": dict(made.months),
            "days": dict(made.days),
            "inflight": [
                {"photo": recount.photo_id, "nth": recount.nth, "target": recount.target}
                for recount in recounts
            ],
        }
        if counters is None:
            try:
                await self._counters.insert_one({"_id": owner_id, "epoch": 1, **state})
            except DuplicateKeyError:
                return
            taken: Document = {"epoch": 1, **state}
        else:
            epoch: int = counters["epoch"]
            done = await self._counters.update_one(
                {"_id": owner_id, "epoch": epoch}, {"$set": state, "$inc": {"epoch": 1}}
            )
            if not done.matched_count:
                return
            taken = {"epoch": epoch + 1, **state}
        await self._finish(owner_id, taken)

    async def _finish(self, owner_id: str, counters: Document) -> None:
        """Tell the photos in flight that they are counted. May be repeated, and come late."""
        moves: list[dict[str, Any]] = counters["inflight"]
        await self._photos.bulk_write(
            [
                UpdateOne(
                    {"_id": move["photo"], "count_seq": move["nth"]},
                    {"$set": {"counted": move["target"]}, "$inc": {"count_seq": 1}},
                )
                for move in moves
            ],
            ordered=False,
        )
        await self._photos.bulk_write(
            [
                UpdateOne(
                    {"_id": move["photo"], "counted": move["target"], "cell": move["target"]},
                    {"$unset": {"count_due": ""}},
                )
                for move in moves
            ],
            ordered=False,
        )
        await self._counters.update_one(
            {"_id": owner_id, "epoch": counters["epoch"]},
            {"$set": {"inflight": []}, "$inc": {"epoch": 1}},
        )


def _counts(counters: Document | None) -> Counts:
    return Counts(counters["months"], counters["days"]) if counters else Counts({}, {})
