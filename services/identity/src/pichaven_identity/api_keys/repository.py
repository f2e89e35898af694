"""API keys in MongoDB, no more for each user than the limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.auth import Scope
from pichaven_chassis.mongo import Document, MongoDatabase, insert_unless_exists
from pichaven_chassis.optimistic import WriteConflict, write_optimistically
from pichaven_identity.api_keys.model import ApiKey

_USE_RESOLUTION: Final = timedelta(minutes=1)
_DELETED_FOR: Final = timedelta(days=1)
"""How long a deleted key is remembered: longer than its last access token is valid."""


class ApiKeyRepository:
    """API keys by the digest of their secret.

    Each key takes one of its user's numbered places (0 to limit - 1), unique by index: that is
    how simultaneous calls cannot create more keys than the limit.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._keys = database["api_keys"]
        self._deleted = database["deleted_api_keys"]

    async def ensure_indexes(self) -> None:
        await self._keys.create_index("digest", unique=True, name="digest")
        await self._keys.create_index([("user_id", 1), ("place", 1)], unique=True, name="place")
        await self._keys.create_index("expires_at", expireAfterSeconds=0, name="expiry")
        await self._deleted.create_index(
            "ended_at", expireAfterSeconds=int(_DELETED_FOR.total_seconds()), name="ended"
        )

    async def add(self, key: ApiKey, digest: bytes, *, limit: int) -> bool:
        """Insert the key; return False when the user has `limit` keys."""

        async def attempt() -> bool:
            documents = self._keys.find({"user_id": key.user_id}, {"place": 1})
            taken = {document["place"] async for document in documents}
            place = next((place for place in range(limit) if place not in taken), None)
            if place is None:
                return False
            if not await insert_unless_exists(self._keys, _to_document(key, digest, place)):
                raise WriteConflict
            return True

        # At worst simultaneous calls take every other place, one a round.
        return await write_optimistically(attempt, attempts=limit + 1)

    async def list_by_user(self, user_id: str) -> Sequence[ApiKey]:
        return [_to_key(document) async for document in self._keys.find({"user_id": user_id})]

    async def get_by_digest(self, digest: bytes) -> ApiKey | None:
        document = await self._keys.find_one({"digest": digest})
        return None if document is None else _to_key(document)

    async def remove(self, key_id: str, user_id: str, now: datetime) -> bool:
        """Delete the user's key; return False where there is none."""
        query = {"_id": key_id, "user_id": user_id}
        if await self._keys.find_one(query, {"_id": 1}) is None:
            return False
        # Before the key is gone: a repetition after a crash finds it, and ends its tokens.
        await self._deleted.update_one(
            {"_id": key_id}, {"$setOnInsert": {"ended_at": now}}, upsert=True
        )
        result = await self._keys.delete_one(query)
        return bool(result.deleted_count)

    async def list_deleted(self, after: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Return ids of keys deleted after a time, earliest first, and when they were."""
        documents = self._deleted.find({"ended_at": {"$gt": after}}).sort("ended_at", 1)
        return [(each["_id"], each["ended_at"]) async for each in documents.limit(limit)]

    async def record_use(self, key_id: str, now: datetime) -> None:
        """Set the time of the last use, at most once a minute."""
        await self._keys.update_one(
            # $not also matches keys that were never used.
            {"_id": key_id, "last_used_at": {"$not": {"$gte": now - _USE_RESOLUTION}}},
            {"$set": {"last_used_at": now}},
        )


def _to_document(key: ApiKey, digest: bytes, place: int) -> Document:
    return {
        "_id": key.id,
        "user_id": key.user_id,
        "place": place,
        "name": key.name,
        "hint": key.hint,
        "scopes": sorted(key.scopes),
        "digest": digest,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
    }


def _to_key(document: Document) -> ApiKey:
    return ApiKey(
        id=document["_id"],
        user_id=document["user_id"],
        name=document["name"],
        hint=document["hint"],
        # Keys from before there were scopes have all.
        scopes=frozenset(Scope(name) for name in document.get("scopes", Scope)),
        created_at=document["created_at"],
        last_used_at=document["last_used_at"],
        expires_at=document["expires_at"],
    )
