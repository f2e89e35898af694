"""The outbox on a real Mongo-wire server."""

import asyncio

import pytest

from pichaven_chassis.events import Tombstone
from pichaven_chassis.events.cloud_events import OutgoingRecord
from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import Document, MongoDatabase, merge_updates
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.outbox import OutboxRelay, outbox_fields, outbox_update
from pichaven_contracts import topics
from pichaven_contracts.photo import PhotoPurged
from testing.polling import eventually
from testing.recording_publisher import RecordingPublisher

OWNER = new_id()


def _event() -> PhotoPurged:
    return PhotoPurged(photo_id=new_id(), owner_id=OWNER)


async def test_events_leave_in_the_order_of_their_writes(mongo_database: MongoDatabase) -> None:
    photos = mongo_database["photos"]
    sent = RecordingPublisher()
    relay = OutboxRelay(photos, sent, "test")
    await relay.ensure_indexes()
    first, second = _event(), _event()
    await photos.insert_one({"_id": 1, "state": "a", **outbox_fields(first)})
    await photos.update_one(
        {"_id": 1},
        merge_updates(
            {"$set": {"state": "b"}}, outbox_update(second, Tombstone(topics.LIBRARY, "k"))
        ),
    )

    await relay.drain()

    assert [record.key for record in sent.records] == [
        first.key.encode(),
        second.key.encode(),
        b"k",
    ]
    assert sent.records[2].value is None
    assert await photos.find_one({"_id": 1}) == {"_id": 1, "state": "b", "outbox": []}


async def test_events_stay_while_kafka_is_away_and_leave_when_it_is_back(
    mongo_database: MongoDatabase,
) -> None:
    photos = mongo_database["photos"]
    sent = RecordingPublisher()
    relay = OutboxRelay(photos, sent, "test")
    await photos.insert_one({"_id": 1, **outbox_fields(_event())})
    sent.away = True
    with pytest.raises(EngineDown):
        await relay.drain()
    sent.away = False

    await relay.drain()

    assert len(sent.records) == 1


async def test_a_relay_that_dies_after_sending_leaves_the_event_to_another(
    mongo_database: MongoDatabase,
) -> None:
    photos = mongo_database["photos"]
    await photos.insert_one({"_id": 1, **outbox_fields(_event())})

    class FailingProducer(RecordingPublisher):
        async def send(self, *records: OutgoingRecord) -> None:
            await super().send(*records)
            raise EngineDown("killed after Kafka took it")

    first, second = FailingProducer(), RecordingPublisher()
    with pytest.raises(EngineDown):
        await OutboxRelay(photos, first, "one").drain()
    await OutboxRelay(photos, second, "two").drain()

    assert _ids(first.records) == _ids(second.records)


async def test_many_relays_send_each_event_once_while_none_dies(
    mongo_database: MongoDatabase,
) -> None:
    photos = mongo_database["photos"]
    sent = RecordingPublisher()
    documents: list[Document] = [{"_id": n, **outbox_fields(_event())} for n in range(12)]
    await photos.insert_many(documents)
    relays = [OutboxRelay(photos, sent, f"r{n}") for n in range(3)]

    await asyncio.gather(*(relay.drain() for relay in relays))

    assert len(sent.records) == 12
    assert len(set(_ids(sent.records))) == 12


async def test_a_nudge_wakes_the_running_relay(mongo_database: MongoDatabase) -> None:
    photos = mongo_database["photos"]
    sent = RecordingPublisher()
    relay = OutboxRelay(photos, sent, "test")
    task = asyncio.create_task(relay.run())
    await photos.insert_one({"_id": 1, **outbox_fields(_event())})
    relay.nudge()

    await eventually(lambda: len(sent.records) == 1, "the event is sent")

    task.cancel()


def _ids(records: list[OutgoingRecord]) -> list[bytes]:
    return [dict(record.headers)["ce_id"] for record in records]
