"""Devices that have logged in to an account, recognised by a token of their own.

A device token opens nothing. It shows that a login comes from where an earlier one succeeded, so
that failures from elsewhere do not delay it.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from pichaven_chassis.mongo import MongoDatabase
from pichaven_identity.sessions.model import digest

KNOWN_FOR: Final = timedelta(days=180)
"""How long a device is known after its last login."""
MOST_DEVICES: Final = 50
"""Devices of one account; the one longest without a login is forgotten first."""

_PREFIX: Final = "phd_"
_TOKEN_BYTES: Final = 32


class DeviceRepository:
    """Known devices in MongoDB, by the digest of their token; they expire by TTL."""

    def __init__(self, database: MongoDatabase) -> None:
        self._devices = database["devices"]

    async def ensure_indexes(self) -> None:
        await self._devices.create_index([("user_id", 1), ("expires_at", -1)], name="of_user")
        await self._devices.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def user_of(self, token: str, now: datetime) -> str | None:
        """Return the user whose device has the token."""
        document = await self._devices.find_one(
            {"_id": digest(token), "expires_at": {"$gt": now}}, {"user_id": 1}
        )
        return None if document is None else str(document["user_id"])

    async def remember(self, user_id: str, token: str | None, now: datetime) -> str:
        """Return the token of a device that has just logged in: its own, or a new one."""
        expires_at = now + KNOWN_FOR
        if token is not None:
            result = await self._devices.update_one(
                {"_id": digest(token), "user_id": user_id, "expires_at": {"$gt": now}},
                {"$set": {"expires_at": expires_at}},
            )
            if result.matched_count:
                return token
        token = _PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        await self._devices.insert_one(
            {"_id": digest(token), "user_id": user_id, "expires_at": expires_at}
        )
        await self._forget_oldest(user_id)
        return token

    async def forget(self, user_id: str, *, keep: str | None) -> None:
        """Forget the user's devices but the one with the token to keep."""
        query: dict[str, object] = {"user_id": user_id}
        if keep is not None:
            query["_id"] = {"$ne": digest(keep)}
        await self._devices.delete_many(query)

    async def _forget_oldest(self, user_id: str) -> None:
        surplus = (
            self._devices.find({"user_id": user_id}, {"_id": 1})
            .sort("expires_at", -1)
            .skip(MOST_DEVICES)
        )
        ids = [document["_id"] async for document in surplus]
        if ids:
            await self._devices.delete_many({"_id": {"$in": ids}})
