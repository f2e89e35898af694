from datetime import datetime

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_identity.audit_kind import AuditKind
from pichaven_identity.sessions.model import Client, Session


class MongoSessions:
    """Sessions, and beside them every token that one was issued, by digest.

    A token is kept until it would have expired, so that its second use is known for what it
    is. Which token counts is decided by the session's document alone.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._sessions = database["sessions"]
        self._tokens = database["refresh_tokens"]

    async def ensure_indexes(self) -> None:
        await self._sessions.create_index([("user_id", 1), ("ended_at", 1)], name="of_user")
        await self._sessions.create_index("expires_at", expireAfterSeconds=0, name="expiry")
        await self._tokens.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def add(self, session: Session) -> None:
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
        await self.issue(session.id, session.current, session.expires_at)

    async def get(self, session_id: str) -> Session | None:
        found = await self._sessions.find_one({"_id": session_id})
        return None if found is None else _session(found)

    async def family_of(self, token: bytes) -> str | None:
        found = await self._tokens.find_one({"_id": token})
        return None if found is None else str(found["session_id"])

    async def issue(self, session_id: str, token: bytes, expires_at: datetime) -> None:
        await self._tokens.insert_one(
            {"_id": token, "session_id": session_id, "expires_at": expires_at}
        )

    async def withdraw(self, token: bytes) -> None:
        await self._tokens.delete_one({"_id": token})

    async def replace(
        self,
        session_id: str,
        *,
        old: bytes,
        new: bytes,
        handover: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> bool:
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
        result = await self._sessions.update_one(
            {"_id": session_id, "ended_at": None}, _ended(reason, now)
        )
        return result.matched_count == 1

    async def end_all(
        self, user_id: str, *, but: str | None, reason: AuditKind, now: datetime
    ) -> int:
        wanted: Document = {"user_id": user_id, "ended_at": None}
        if but is not None:
            wanted["_id"] = {"$ne": but}
        result = await self._sessions.update_many(wanted, _ended(reason, now))
        return int(result.modified_count)


def _ended(reason: AuditKind, now: datetime) -> Document:
    return {"$set": {"ended_at": now, "end_reason": reason.value}, "$unset": {"handover": ""}}


def _session(document: Document) -> Session:
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
