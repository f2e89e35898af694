from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_identity.api_keys.model import ApiKey

_NOTED_EVERY: Final = timedelta(minutes=1)


class MongoApiKeys:
    """API keys by digest.

    Each key takes one of its user's numbered places, and a place holds one key: that is how
    simultaneous calls cannot make more keys than there are places.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._keys = database["api_keys"]

    async def ensure_indexes(self) -> None:
        await self._keys.create_index("digest", unique=True, name="digest")
        await self._keys.create_index([("user_id", 1), ("place", 1)], unique=True, name="place")
        await self._keys.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def add(self, key: ApiKey, digest: bytes, *, most: int) -> bool:
        # At worst every other place is taken by a simultaneous call, one a round.
        for _ in range(most + 1):
            taken = {
                found["place"]
                async for found in self._keys.find({"user_id": key.user_id}, {"place": 1})
            }
            free = next((place for place in range(most) if place not in taken), None)
            if free is None:
                return False
            try:
                await self._keys.insert_one(_document(key, digest, free))
            except DuplicateKeyError:
                continue
            return True
        return False

    async def of_user(self, user_id: str) -> Sequence[ApiKey]:
        found = [_key(document) async for document in self._keys.find({"user_id": user_id})]
        return sorted(found, key=lambda key: key.id, reverse=True)

    async def by_digest(self, digest: bytes) -> ApiKey | None:
        found = await self._keys.find_one({"digest": digest})
        return None if found is None else _key(found)

    async def remove(self, key_id: str, user_id: str) -> bool:
        result = await self._keys.delete_one({"_id": key_id, "user_id": user_id})
        return bool(result.deleted_count)

    async def used(self, key_id: str, now: datetime) -> None:
        await self._keys.update_one(
            # So said, a key that was never used counts too.
            {"_id": key_id, "last_used_at": {"$not": {"$gte": now - _NOTED_EVERY}}},
            {"$set": {"last_used_at": now}},
        )


def _document(key: ApiKey, digest: bytes, place: int) -> Document:
    return {
        "_id": key.id,
        "user_id": key.user_id,
        "place": place,
        "name": key.name,
        "hint": key.hint,
        "digest": digest,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
    }


def _key(document: Document) -> ApiKey:
    return ApiKey(
        id=document["_id"],
        user_id=document["user_id"],
        name=document["name"],
        hint=document["hint"],
        created_at=document["created_at"],
        last_used_at=document["last_used_at"],
        expires_at=document["expires_at"],
    )
