"""Records as they are written and read, and what becomes of those that cannot be."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from faststream.kafka import KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER

from pichaven_chassis.events import PermanentError, Tombstone
from pichaven_chassis.events.cloud_events import decode, encode, readable_headers
from pichaven_chassis.events.dead_letters import failure_record
from pichaven_chassis.events.router import Handler
from pichaven_chassis.ids import new_id
from pichaven_contracts import topics
from pichaven_contracts.photo import PhotoPurged, PhotoRejected


@dataclass
class FakeRecord:
    topic: str = topics.COMMANDS.name
    partition: int = 1
    offset: int = 42
    timestamp: int = 1_780_000_000_000
    key: bytes | None = b"k"
    value: bytes | None = b"{}"
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)


def _purge_event() -> PhotoPurged:
    return PhotoPurged(photo_id=new_id(), owner_id=new_id())


def _to_record(event: PhotoPurged) -> FakeRecord:
    record = encode(event, event_id="event-1", source="gallery")
    return FakeRecord(record.topic, key=record.key, value=record.value, headers=[*record.headers])


def test_an_event_is_read_as_it_was_written() -> None:
    event = _purge_event()
    record = _to_record(event)

    delivery = decode(record, {PhotoPurged})

    assert delivery is not None
    assert delivery.event == event
    assert (delivery.meta.id, delivery.meta.source) == ("event-1", "/pichaven/gallery")
    assert delivery.meta.attempt == 0


def test_an_event_nobody_asked_for_is_passed_over() -> None:
    record = _to_record(_purge_event())

    assert decode(record, {PhotoRejected}) is None


def test_a_type_from_the_future_is_passed_over() -> None:
    record = FakeRecord(headers=[("ce_type", b"photo.dreamt.v9")])

    assert decode(record, {PhotoPurged}) is None


def test_a_null_on_a_compacted_topic_is_a_tombstone() -> None:
    record = FakeRecord(topics.LIBRARY.name, key=b"p1", value=None)

    delivery = decode(record, ())

    assert delivery is not None
    assert delivery.event == Tombstone(topics.LIBRARY, "p1")


async def test_a_handler_of_tombstones_gets_the_key() -> None:
    async def handle(key: str) -> None: ...

    record: Any = FakeRecord(topics.LIBRARY.name, key=b"p1", value=None)
    message = KafkaMessage(raw_message=record, body=b"", consumer=FAKE_CONSUMER)
    tombstones = Handler(handle, (topics.LIBRARY,), tombstones=True)
    events = Handler(handle, (topics.LIBRARY,), frozenset({PhotoPurged}))

    assert await tombstones.accepts(message)
    assert await tombstones.decode(message) == "p1"
    assert not await events.accepts(message)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (FakeRecord(value=None), "not compacted"),
        (FakeRecord(), "no ce_type"),
        (FakeRecord(key=b"\xff"), "key is not UTF-8"),
        (FakeRecord(headers=[("ce_type", b"photo.purged.v1")]), "photo_id"),
        (FakeRecord(headers=[("ce_type", b"photo.purged.v1")], value=b"\xff\xfe"), "not a valid"),
    ],
)
def test_a_record_that_cannot_be_read_is_permanently_wrong(record: FakeRecord, reason: str) -> None:
    with pytest.raises(PermanentError, match=reason):
        decode(record, {PhotoPurged})


def test_a_key_that_is_not_the_events_is_refused() -> None:
    record = _to_record(_purge_event())
    record.key = b"another"

    with pytest.raises(PermanentError, match="key"):
        decode(record, {PhotoPurged})


def test_a_failed_record_climbs_the_tiers_and_ends_in_the_dead_letters() -> None:
    record = FakeRecord(value=b"\xff", headers=[("weird", b"\xff\xff"), ("ce_type", b"t")])
    places = []
    for _ in range(4):
        failed, _ = failure_record(
            record, RuntimeError("still no"), service="ml", group="ml", delays_s=(1, 2, 3)
        )
        places.append(failed.topic)
        assert failed.value == b"\xff"
        assert ("weird", b"\xff\xff") in failed.headers
        record = FakeRecord(failed.topic, 0, 7, 0, failed.key, failed.value, [*failed.headers])

    assert places == [
        "pichaven.ml.retry-1",
        "pichaven.ml.retry-2",
        "pichaven.ml.retry-3",
        "pichaven.ml.dlq",
    ]
    notes = readable_headers(record)
    assert notes["x-orig-topic"] == topics.COMMANDS.name
    assert notes["x-orig-offset"] == "42"
    assert notes["x-error-class"] == "RuntimeError"
    assert notes["x-group"] == "ml"
    assert "x-retry-at" not in notes


def test_a_permanent_fault_is_not_tried_again() -> None:
    failed, outcome = failure_record(
        FakeRecord(), PermanentError("corrupt"), service="ml", group="ml", delays_s=(1, 2, 3)
    )

    assert (failed.topic, outcome) == ("pichaven.ml.dlq", "dead")
