"""The former name of `cloud_events`, for code that has not moved yet."""

from collections.abc import Collection, Mapping

from pichaven_chassis.events import cloud_events
from pichaven_chassis.events.cloud_events import OutgoingRecord, Record, encode, readable_headers
from pichaven_chassis.events.delivery import Delivery
from pichaven_contracts.event import Event

__all__ = ["OutgoingRecord", "decode", "encode", "readable_headers"]


def decode(
    record: Record, _headers: Mapping[str, str], types: Collection[type[Event]]
) -> Delivery | None:
    return cloud_events.decode(record, types)
