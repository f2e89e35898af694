from collections.abc import Mapping
from datetime import datetime, timedelta

from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import MongoDatabase
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.sessions.model import Client


class MongoAudit:
    """Security events, kept for a while; never a password, never a token."""

    def __init__(self, database: MongoDatabase, kept: timedelta) -> None:
        self._events = database["audit"]
        self._kept = kept

    async def ensure_indexes(self) -> None:
        await self._events.create_index([("user_id", 1), ("at", -1)], name="of_user")
        await self._events.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def record(
        self,
        kind: AuditKind,
        *,
        client: Client,
        now: datetime,
        user_id: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        await self._events.insert_one(
            {
                "_id": new_id(),
                "kind": kind.value,
                "at": now,
                "expires_at": now + self._kept,
                "user_id": user_id,
                "address": client.address,
                "user_agent": client.user_agent,
                "details": dict(details or {}),
            }
        )
