"""Sessions and the digests of their refresh tokens in MongoDB."""

from collections.abc import Sequence
from datetime import datetime

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_identity.audit import AuditKind
from pichaven_identity.client import Client
from pichaven_identity.sessions.model import Session


class SessionRepository:
    """Sessions, and the digest of every refresh token that was issued for them.

    Token digests are kept until the token would have expired, so that a second use is recognised.
    The session's document alone decides which token is current.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._sessions = database["sessions"]
        self._tokens = database["refresh_tokens"]

    async def ensure_indexes(self) -> None:
        await self._sessions.create_index([("user_id", 1), ("ended_at", 1)], name="of_user")
        await self._sessions.create_index("expires_at", expireAfterSeconds=0, name="expiry")
        await self._sessions.create_index("ended_at", name="ended")
        await self._tokens.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def add(self, session: Session) -> None:
        """Insert a new session with its first token."""
        await self._sessions.insert_one(
            {
                "_id": session.id,
                "user_id": session.user_id,
                "address": session.client.address,
                "user_agent": session.client.user_agent,
                "created_at": session.created_at,
                "last_used_at": session.last_used_at,
                "expires_at": session.expires_at,
                "current": session.current,
                "ended_at": None,
            }
        )
        await self.add_token(session.id, session.current, session.expires_at)

    async def get(self, session_id: str) -> Session | None:
        document = await self._sessions.find_one({"_id": session_id})
        return None if document is None else _to_session(document)

    async def list_live(self, user_id: str, now: datetime) -> Sequence[Session]:
        """Return the user's sessions that have neither ended nor expired."""
        query: Document = {"user_id": user_id, "ended_at": None, "expires_at": {"$gt": now}}
        return [_to_session(document) async for document in self._sessions.find(query)]

    async def session_id_of(self, token: bytes) -> str | None:
        """Return the session that the token was issued for, current or not."""
        document = await self._tokens.find_one({"_id": token})
        return None if document is None else str(document["session_id"])

    async def add_token(self, session_id: str, token: bytes, expires_at: datetime) -> None:
        """Store a token as one of the session's, before it becomes the current one."""
        await self._tokens.insert_one(
            {"_id": token, "session_id": session_id, "expires_at": expires_at}
        )

    async def remove_token(self, token: bytes) -> None:
        """Remove a token that no client has received."""
        await self._tokens.delete_one({"_id": token})

    async def replace_token(
        self,
        session_id: str,
        *,
        old: bytes,
        new: bytes,
        handover: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> bool:
        """Make `new` the current token if `old` is and the session is live, atomically."""
        result = await self._sessions.update_one(
            {
                "_id": session_id,
                "current": old,
                "ended_at": None,
                "expires_at": {"$gt": now},
            },
            {
                "$set": {
                    "current": new,
                    "previous": old,
                    "handover": handover,
                    "last_used_at": now,
                    "expires_at": expires_at,
                }
            },
        )
        return result.matched_count == 1

    async def end(self, session_id: str, *, reason: AuditKind, now: datetime) -> bool:
        """End a session; return False when it had ended already."""
        result = await self._sessions.update_one(
            {"_id": session_id, "ended_at": None}, _end_update(reason, now)
        )
        return result.matched_count == 1

    async def end_all(
        self, user_id: str, *, keep: str | None, reason: AuditKind, now: datetime
    ) -> int:
        """End the user's sessions but the one to keep; return how many ended."""
        query: Document = {"user_id": user_id, "ended_at": None}
        if keep is not None:
            query["_id"] = {"$ne": keep}
        result = await self._sessions.update_many(query, _end_update(reason, now))
        return int(result.modified_count)

    async def list_ended(self, after: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Return ids of sessions that ended after a time, earliest first, and when they did."""
        documents = (
            self._sessions.find({"ended_at": {"$gt": after}}, {"ended_at": 1})
            .sort("ended_at", 1)
            .limit(limit)
        )
        return [(document["_id"], document["ended_at"]) async for document in documents]


def _end_update(reason: AuditKind, now: datetime) -> Document:
    return {"$set": {"ended_at": now, "end_reason": reason.value}, "$unset": {"handover": ""}}


def _to_session(document: Document) -> Session:
    return Session(
        id=document["_id"],
        user_id=document["user_id"],
        client=Client(document["address"], document["user_agent"]),
        created_at=document["created_at"],
        last_used_at=document["last_used_at"],
        expires_at=document["expires_at"],
        current=bytes(document["current"]),
        previous=bytes(document["previous"]) if document.get("previous") else None,
        handover=bytes(document["handover"]) if document.get("handover") else None,
        ended_at=document["ended_at"],
    )
