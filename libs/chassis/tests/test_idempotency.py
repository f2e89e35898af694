"""Whose answer is kept when a claim has lapsed."""

from datetime import timedelta

import pytest

from pichaven_chassis.clock import utc_now
from pichaven_chassis.idempotency import MongoIdempotencyStore, RequestInProgress
from pichaven_chassis.mongo import MongoDatabase


async def test_who_was_too_slow_takes_nothing_from_who_took_over(
    mongo_database: MongoDatabase,
) -> None:
    store = MongoIdempotencyStore(mongo_database)
    assert await store.begin("key", "same", "slow") is None
    with pytest.raises(RequestInProgress):
        await store.begin("key", "same", "quick")
    long_ago = utc_now() - timedelta(minutes=2)
    await mongo_database["idempotency"].update_one(
        {"_id": "key"}, {"$set": {"created_at": long_ago}}
    )
    assert await store.begin("key", "same", "quick") is None

    await store.finish("key", "slow", {"status": 201})
    await store.release("key", "slow")
    with pytest.raises(RequestInProgress):
        await store.begin("key", "same", "third")
    await store.finish("key", "quick", {"status": 200})
    assert await store.begin("key", "same", "third") == {"status": 200}
