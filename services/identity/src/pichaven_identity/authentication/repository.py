from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_identity.authentication.throttle_policy import ThrottlePolicy

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_POWER: Final = 30
_TRIES: Final = 20


class MongoAttempts:
    """Counters of failed attempts and known clients, removed by TTL."""

    def __init__(self, database: MongoDatabase) -> None:
        self._attempts = database["attempts"]

    async def ensure_indexes(self) -> None:
        await self._attempts.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def charge(self, key: str, policy: ThrottlePolicy, now: datetime) -> float | None:
        for _ in range(_TRIES):
            try:
                # A counter that has to wait is not matched, so the insert meets it and fails: one
                # atomic step decides, and simultaneous attempts pass one by one.
                await self._attempts.update_one(
                    {"_id": key, "blocked_until": {"$lte": now}}, _charged(policy, now), upsert=True
                )
            except DuplicateKeyError:
                found = await self._attempts.find_one({"_id": key})
                if found and found["blocked_until"] > now:
                    return float((found["blocked_until"] - now) / timedelta(seconds=1))
                # Another attempt made the counter at this very moment, and nobody has to wait.
            else:
                return None
        return 0.0

    async def refund(self, key: str) -> None:
        await self._attempts.update_one(
            {"_id": key, "failures": {"$gt": 0}}, {"$inc": {"failures": -1}}
        )

    async def clear(self, key: str) -> None:
        await self._attempts.delete_one({"_id": key})

    async def know(self, key: str, until: datetime) -> None:
        await self._attempts.update_one({"_id": key}, {"$set": {"expires_at": until}}, upsert=True)

    async def knows(self, key: str, now: datetime) -> bool:
        found = await self._attempts.find_one({"_id": key, "expires_at": {"$gt": now}}, {"_id": 1})
        return found is not None


def _charged(policy: ThrottlePolicy, now: datetime) -> list[Document]:
    """Update pipeline: one failure more, and when the next attempt may come."""
    doublings = {"$min": [{"$subtract": ["$failures", policy.free + 1]}, _LARGEST_POWER]}
    wait_ms = {
        "$min": [
            policy.longest / timedelta(milliseconds=1),
            {"$multiply": [policy.first / timedelta(milliseconds=1), {"$pow": [2, doublings]}]},
        ]
    }
    remembered = {"$cond": [{"$gt": ["$expires_at", now]}, {"$ifNull": ["$failures", 0]}, 0]}
    return [
        {"$set": {"failures": {"$add": [remembered, 1]}}},
        {
            "$set": {
                "blocked_until": {
                    "$cond": [
                        {"$gt": ["$failures", policy.free]},
                        {"$add": [now, wait_ms]},
                        _NEVER,
                    ]
                },
                "expires_at": now + policy.memory,
            }
        },
    ]
