"""Pages of all photos, and how far the present round through them is, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from pymongo import ASCENDING, ReturnDocument

from pichaven_chassis.mongo import Document, MongoCollection, MongoDatabase, insert_unless_exists
from pichaven_contracts.inventory import BEFORE_ALL_IDS, InventoryItem
from pichaven_gallery.inventory.model import Round
from pichaven_gallery.photos.capture_time import EARLIEST
from pichaven_gallery.photos.photo import LibraryState, Status

_ROUND: Final = {"_id": "round"}
_LISTED: Final = [state.value for state in LibraryState if state is not LibraryState.PENDING]
_FIELDS: Final = dict.fromkeys(
    (
        *("shelf", "version", "changed_at", "status"),
        *("analysis.model", "analysis.tagging", "analysis.revision"),
        *("outcome.event.revision", "original.revision", "text.revision"),
    ),
    1,
)


class InventoryRepository:
    def __init__(self, database: MongoDatabase, photos: MongoCollection) -> None:
        self._rounds = database["inventory"]
        self._photos = photos

    async def prepare(self) -> None:
        """Begin the first round, unless there was one."""
        first = {"after": None, "span_ms": None, "began_at": EARLIEST, "lease_until": EARLIEST}
        await insert_unless_exists(self._rounds, _ROUND | first)

    async def claim(self, now: datetime, *, interval: timedelta, lease: timedelta) -> Round | None:
        """Return the round if a page of it is due and no other process works on it.

        Rounds begin an interval after one another.
        """
        begin = {"began_at": now, "after": BEFORE_ALL_IDS, "span_ms": None}
        steps: tuple[tuple[Document, Document], ...] = (
            ({"after": {"$ne": None}, "lease_until": {"$lte": now}}, {}),
            ({"after": None, "began_at": {"$lte": now - interval}}, begin),
        )
        for query, fields in steps:
            document = await self._rounds.find_one_and_update(
                _ROUND | query,
                {"$set": {"lease_until": now + lease, **fields}},
                return_document=ReturnDocument.AFTER,
            )
            if document is not None:
                return Round(document["after"], document.get("span_ms"), document["lease_until"])
        return None

    async def go_on(self, claimed: Round, after: str | None, span_ms: int | None) -> None:
        """Note where the next page begins, None at the end of the round, and how far it may reach.

        Another process that has taken the round over is left to it.
        """
        await self._rounds.update_one(
            _ROUND | {"after": claimed.after, "lease_until": claimed.lease_until},
            {"$set": {"after": after, "span_ms": span_ms, "lease_until": EARLIEST}},
        )

    async def list_photos(
        self, after: str, until: str, *, limit: int, settled_before: datetime
    ) -> Sequence[InventoryItem]:
        """Return the next photos by id that were ever visible."""
        photos: list[Document] = []
        # The local stand-in of MongoDB uses the index for one shelf and a range that has an end.
        for shelf in _LISTED:
            query: Document = {"shelf": shelf, "_id": {"$gt": after, "$lte": until}}
            of_shelf = self._photos.find(query, _FIELDS).sort([("_id", ASCENDING)]).limit(limit)
            photos += await of_shelf.to_list()
        photos.sort(key=itemgetter("_id"))
        return [_to_item(document, settled_before) for document in photos[:limit]]


def _to_item(document: Document, settled_before: datetime) -> InventoryItem:
    revision = document.get("original", {}).get("revision", 1)
    processed = document.get("outcome", {}).get("event", {}).get("revision", revision)
    analysis = document.get("analysis", {})
    is_ready = document.get("status") == Status.READY.value
    is_analysed = is_ready and analysis.get("tagging") == "done"
    return InventoryItem(
        photo_id=document["_id"],
        version=document["version"],
        purged=document["shelf"] == LibraryState.PURGED.value,
        settled=document["changed_at"] < settled_before,
        model=analysis["model"] if is_analysed and analysis["revision"] >= processed else None,
        text_read=is_ready and document.get("text", {}).get("revision", 0) >= revision,
    )
