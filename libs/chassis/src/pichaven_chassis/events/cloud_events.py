"""CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the event's JSON as value.

`encode` and `decode` convert between events and records. `parse` is FastStream's parser for
every subscriber here; the decoders belong to the handlers (see `router.py`).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from faststream.kafka import KafkaMessage
from opentelemetry import propagate
from pydantic import ValidationError

from pichaven_chassis.events.delivery import Delivery, EventMeta, PermanentError, Tombstone
from pichaven_contracts.event import Event
from pichaven_contracts.registry import EVENTS
from pichaven_contracts.topics import topic_of

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
    """Return the record of an event, carrying the present trace."""
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


def decode(record: Record, types: Collection[type[Event]]) -> Delivery | None:
    """Return the delivery in a record, None for an event that is not of `types`.

    Raises `PermanentError` when the record says that it is one of `types` and is not.
    """
    headers = readable_headers(record)
    meta = read_meta(record, headers)
    if record.value is None:
        topic = topic_of(meta.topic)
        if topic is None or not topic.is_compacted:
            raise PermanentError(f"a tombstone on {meta.topic}, which is not compacted")
        return Delivery(Tombstone(topic, meta.key), meta)
    if not meta.type:
        raise PermanentError("the record has no ce_type header")
    event_type = EVENTS.get(meta.type)
    if event_type is None or event_type not in types:
        return None
    try:
        event = event_type.model_validate_json(record.value)
    except ValidationError as error:
        raise PermanentError(f"not a valid {meta.type}: {_first(error)}") from None
    if event.key != meta.key:
        raise PermanentError(f"the record's key {meta.key!r} is not the event's {event.key!r}")
    return Delivery(event, meta)


def read_meta(record: Record, headers: Mapping[str, str]) -> EventMeta:
    """Return where a record comes from; raises `PermanentError` when its key is not text."""
    topic = origin_topic(record, headers)
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError:
        raise PermanentError("the record's key is not UTF-8") from None
    attempt = headers.get("x-attempt", "0")
    return EventMeta(
        id=headers.get("ce_id", f"{topic}/{record.partition}/{record.offset}"),
        type=headers.get("ce_type", ""),
        source=headers.get("ce_source", ""),
        time=_time(headers.get("ce_time")),
        topic=topic,
        key=key,
        partition=record.partition,
        offset=record.offset,
        attempt=int(attempt) if attempt.isdecimal() else 0,
    )


def origin_topic(record: Record, headers: Mapping[str, str]) -> str:
    """Return the topic that a record was published on, wherever it is read from now."""
    return headers.get("x-orig-topic", record.topic)


def readable_headers(record: Record) -> dict[str, str]:
    """Return the headers as text, with bytes that are not UTF-8 escaped."""
    return {
        name: (value or b"").decode("utf-8", "backslashreplace") for name, value in record.headers
    }


async def parse(message: Any, original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
    """Parse a record or a batch of records; FastStream's parser, which fails for no record.

    A record that failed here could be neither acknowledged nor dead-lettered exactly, and
    FastStream's own parser fails for headers that are null or not UTF-8
    (ag2ai/faststream#2458).
    """
    try:
        parsed = await original(message)
    except (AttributeError, UnicodeDecodeError):
        readable = _readable(message)
        parsed = await original(readable)
        parsed.raw_message = message
    parsed.correlation_id = parsed.headers.get("ce_id", parsed.correlation_id)
    # Without them a batch's span continues the trace of its first record.
    parsed.batch_headers = []
    return parsed


def _readable(message: Any) -> Any:
    if isinstance(message, tuple):
        return tuple(_readable(record) for record in message)
    record = copy(message)
    record.headers = [(name, text.encode()) for name, text in readable_headers(message).items()]
    return record


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'body'}: {first['msg']}"


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
