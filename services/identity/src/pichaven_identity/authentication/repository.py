"""Failed attempts in MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_chassis.optimistic import WriteContended
from pichaven_identity.authentication.model import ThrottlePolicy

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_POWER: Final = 30
_TRIES: Final = 20


class AttemptRepository:
    """Counters of failed attempts, which expire by TTL."""

    def __init__(self, database: MongoDatabase) -> None:
        self._attempts = database["attempts"]

    async def ensure_indexes(self) -> None:
        await self._attempts.create_index("expires_at", expireAfterSeconds=0, name="expiry")

    async def charge(self, key: str, policy: ThrottlePolicy, now: datetime) -> float | None:
        """Count an attempt as failed before its outcome is known, atomically.

        Return the seconds to wait, and count nothing, when the key has to wait.
        """
        for _ in range(_TRIES):
            try:
                # A counter that has to wait does not match, so the upsert inserts and fails: one
                # atomic step decides, and simultaneous attempts are charged one by one.
                await self._attempts.update_one(
                    {"_id": key, "blocked_until": {"$lte": now}},
                    _charge_pipeline(policy, now),
                    upsert=True,
                )
            except DuplicateKeyError:
                wait = await self.wait(key, now)
                if wait is not None:
                    return wait
                # Another attempt has just inserted the counter, which does not have to wait.
            else:
                return None
        return 0.0

    async def count(self, key: str, memory: timedelta, now: datetime) -> int:
        """Count an attempt as failed, whether or not the key has to wait; return how many are."""
        update: list[Document] = [
            {
                "$set": {
                    "failures": {"$add": [_failures(now), 1]},
                    "blocked_until": {"$ifNull": ["$blocked_until", _NEVER]},
                    "expires_at": now + memory,
                }
            }
        ]
        for _ in range(_TRIES):
            try:
                counter: Document | None = await self._attempts.find_one_and_update(
                    {"_id": key}, update, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError:
                continue
            # SecantusDB returns nothing where another attempt has just inserted the counter.
            if counter is not None:
                return int(counter["failures"])
        raise WriteContended

    async def failures(self, key: str, now: datetime) -> int:
        """Return how many attempts are counted."""
        counter = await self._attempts.find_one({"_id": key, "expires_at": {"$gt": now}})
        return int(counter["failures"]) if counter else 0

    async def wait(self, key: str, now: datetime) -> float | None:
        """Return the seconds that the key has to wait; None if it has not."""
        counter = await self._attempts.find_one({"_id": key, "blocked_until": {"$gt": now}})
        if counter is None:
            return None
        return float((counter["blocked_until"] - now) / timedelta(seconds=1))

    async def refund(self, key: str, charged_at: datetime) -> None:
        """Take back a charge with the wait that it began; a counter of nothing is removed."""
        counter: Document | None = await self._attempts.find_one_and_update(
            {"_id": key, "failures": {"$gt": 0}},
            [
                {
                    "$set": {
                        "failures": {"$subtract": ["$failures", 1]},
                        "blocked_until": {
                            "$cond": [
                                {"$eq": ["$charged_at", charged_at]},
                                _NEVER,
                                "$blocked_until",
                            ]
                        },
                    }
                }
            ],
            return_document=ReturnDocument.AFTER,
        )
        if counter is not None and counter["failures"] <= 0:
            await self._attempts.delete_one({"_id": key, "failures": {"$lte": 0}})

    async def clear(self, key: str) -> None:
        await self._attempts.delete_one({"_id": key})


def _charge_pipeline(policy: ThrottlePolicy, now: datetime) -> list[Document]:
    """Return the update that adds one failure and sets when the next attempt may come."""
    doublings = {"$min": [{"$subtract": ["$failures", policy.free + 1]}, _LARGEST_POWER]}
    wait_ms = {
        "$min": [
            policy.longest / timedelta(milliseconds=1),
            {"$multiply": [policy.first / timedelta(milliseconds=1), {"$pow": [2, doublings]}]},
        ]
    }
    return [
        {"$set": {"failures": {"$add": [_failures(now), 1]}}},
        {
            "$set": {
                "blocked_until": {
                    "$cond": [
                        {"$gt": ["$failures", policy.free]},
                        {"$add": [now, wait_ms]},
                        _NEVER,
                    ]
                },
                "charged_at": now,
                "expires_at": now + policy.memory,
            }
        },
    ]


def _failures(now: datetime) -> Document:
    """Return the expression for the failures that are not forgotten."""
    return {"$cond": [{"$gt": ["$expires_at", now]}, {"$ifNull": ["$failures", 0]}, 0]}
