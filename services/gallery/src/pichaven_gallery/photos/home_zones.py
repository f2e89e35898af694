"""Home zones: the IANA time zone that each owner lives in, for photos that tell none."""

from collections.abc import Sequence
from dataclasses import dataclass

from pichaven_chassis.mongo import MongoDatabase


@dataclass(frozen=True, slots=True)
class HomeZoneChange:
    """A home zone that photos of its owner do not have yet."""

    owner_id: str
    zone: str | None
    number: int
    """Counts the owner's changes."""


class HomeZoneRepository:
    """One small document per owner. Photos have a copy, so that each is derived from itself."""

    def __init__(self, database: MongoDatabase) -> None:
        self._zones = database["home_zones"]

    async def ensure_indexes(self) -> None:
        await self._zones.create_index("due", name="due", sparse=True)

    async def get(self, owner_id: str) -> str | None:
        document = await self._zones.find_one({"_id": owner_id})
        return document.get("zone") if document else None

    async def put(self, owner_id: str, zone: str | None) -> None:
        await self._zones.update_one(
            {"_id": owner_id},
            {"$set": {"zone": zone, "due": True}, "$inc": {"changes": 1}},
            upsert=True,
        )

    async def list_due(self, *, limit: int) -> Sequence[HomeZoneChange]:
        documents = self._zones.find({"due": {"$exists": True}}).limit(limit)
        return [
            HomeZoneChange(document["_id"], document.get("zone"), document["changes"])
            async for document in documents
        ]

    async def finish(self, change: HomeZoneChange) -> None:
        """Record that all photos have the zone, unless it was changed again."""
        await self._zones.update_one(
            {"_id": change.owner_id, "changes": change.number}, {"$unset": {"due": ""}}
        )
