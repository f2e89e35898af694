"""CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the event's JSON as value."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from opentelemetry import propagate
from pydantic import ValidationError

from pichaven_chassis.events.delivery import Delivery, EventMeta, Permanent, Tombstone
from pichaven_contracts.event import Event
from pichaven_contracts.registry import EVENTS
from pichaven_contracts.topics import TOPICS

_TOPICS: Final = {topic.name: topic for topic in TOPICS}

Headers = list[tuple[str, bytes]]


class Record(Protocol):
    """The part of a Kafka record that is read here."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None

    @property
    def headers(self) -> Collection[tuple[str, bytes | None]]: ...


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record ready to be sent; `value` None is a tombstone."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers


def encode(event: Event, *, event_id: str, source: str) -> OutgoingRecord:
    """The record of an event, carrying the present trace."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": event.event_type,
        "ce_source": f"/pichaven/{source}",
        "ce_time": event.occurred_at.isoformat(),
        "ce_subject": event.key,
        "ce_partitionkey": event.key,
        "content-type": "application/json",
    }
    propagate.inject(attributes)
    return OutgoingRecord(
        topic=event.topic.name,
        key=event.key.encode(),
        value=event.to_json(),
        headers=[(name, value.encode()) for name, value in attributes.items()],
    )


def readable_headers(record: Record) -> dict[str, str]:
    """The headers as text; bytes that are not UTF-8 are shown as such and break nothing."""
    return {
        name: (value or b"").decode("utf-8", "backslashreplace") for name, value in record.headers
    }


def decode(
    record: Record, headers: Mapping[str, str], types: Collection[type[Event]]
) -> Delivery | None:
    """The delivery in a record, None for an event that nobody here asked for.

    Raises `Permanent` when the record says it is one of `types` and is not.
    """
    # A retried record lies on a retry topic; what it was stays in its headers.
    topic_name = headers.get("x-orig-topic", record.topic)
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError:
        raise Permanent("the record's key is not UTF-8") from None
    meta = EventMeta(
        id=headers.get("ce_id", f"{topic_name}/{record.partition}/{record.offset}"),
        type=headers.get("ce_type", ""),
        source=headers.get("ce_source", ""),
        time=_time(headers.get("ce_time")),
        topic=topic_name,
        key=key,
        partition=record.partition,
        offset=record.offset,
        attempt=_attempt(headers),
    )
    if record.value is None:
        topic = _TOPICS.get(topic_name)
        if topic is None or not topic.compacted:
            raise Permanent(f"a tombstone on {topic_name}, which is not compacted")
        return Delivery(Tombstone(topic, key), meta)
    if not meta.type:
        raise Permanent("the record has no ce_type header")
    event_type = EVENTS.get(meta.type)
    if event_type is None or event_type not in types:
        return None
    try:
        event = event_type.model_validate_json(record.value)
    except ValidationError as error:
        raise Permanent(f"not a valid {meta.type}: {_first(error)}") from None
    if event.key != key:
        raise Permanent(f"the record's key {key!r} is not the event's {event.key!r}")
    return Delivery(event, meta)


def _first(error: ValidationError) -> str:
    found: Any = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in found['loc']) or 'body'}: {found['msg']}"


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _attempt(headers: Mapping[str, str]) -> int:
    text = headers.get("x-attempt", "0")
    return int(text) if text.isdecimal() else 0
