"""The audit log: security events with the client's address and user agent."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import MongoDatabase
from pichaven_identity.client import Client


class AuditKind(StrEnum):
    REGISTERED = "registered"
    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    LOGIN_THROTTLED = "login_throttled"
    LOGGED_OUT = "logged_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    SESSION_ENDED = "session_ended"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - names an event
    PASSWORD_CHANGE_FAILED = "password_change_failed"  # noqa: S105
    API_KEY_CREATED = "api_key_created"
    API_KEY_DELETED = "api_key_deleted"


class AuditLog:
    """Security events, removed after `retention`. They contain no password and no token."""

    def __init__(self, database: MongoDatabase, retention: timedelta) -> None:
        self._events = database["audit"]
        self._retention = retention

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
                "expires_at": now + self._retention,
                "user_id": user_id,
                "address": client.address,
                "user_agent": client.user_agent,
                "details": dict(details or {}),
            }
        )
