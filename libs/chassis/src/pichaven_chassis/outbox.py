"""The transactional outbox: events are stored in their aggregate's document, in the same write.

So no state exists without its event, and no event without its state. A relay then moves the
events to Kafka, in order, at least once. Why it is embedded and not a collection of its own:
docs/adr/0002-transactional-outbox.md.
"""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any, Final, Protocol

from pymongo import ASCENDING

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events.cloud_events import OutgoingRecord, encode
from pichaven_chassis.events.delivery import Tombstone
from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.metrics import OUTBOX_SECONDS
from pichaven_chassis.mongo import Document, MongoCollection
from pichaven_chassis.outages import EngineDown, is_outage
from pichaven_chassis.settings import LONGEST_OUTBOX_LEASE_S
from pichaven_contracts.event import Event

_log = get_logger(__name__)

PUBLIC: Final[dict[str, int]] = {
    "outbox": 0,
    "outbox_at": 0,
    "outbox_lease": 0,
    "outbox_owner": 0,
}
"""Projection for reads: everything but the outbox."""

_POLL_S: Final = 0.25
_AT_ONCE: Final = 16
_SCANNED: Final = 256
_LONGEST_PAUSE_S: Final = 10.0

Outgoing = Event | Tombstone


class RecordSender(Protocol):
    """The part of the broker that the relay needs."""

    async def send(self, *records: OutgoingRecord) -> None: ...


def _to_entry(event: Outgoing) -> Document:
    event_id = new_id()
    if isinstance(event, Tombstone):
        record = OutgoingRecord(event.topic.name, event.key.encode(), None, [])
    else:
        record = encode(event, event_id=event_id, source=event.topic.producers[0])
    return {
        "id": event_id,
        "topic": record.topic,
        "key": record.key,
        "value": record.value,
        "headers": [[name, value] for name, value in record.headers],
        "at": utc_now(),
    }


def outbox_fields(*events: Outgoing) -> Document:
    """Return the fields of a new document that publish these events."""
    entries = [_to_entry(event) for event in events]
    return {"outbox": entries, "outbox_at": utc_now()} if entries else {}


def outbox_update(*events: Outgoing) -> Document:
    """Return the part of an update that publishes these events; merge with `merge_updates`."""
    entries = [_to_entry(event) for event in events]
    if not entries:
        return {}
    return {"$push": {"outbox": {"$each": entries}}, "$min": {"outbox_at": utc_now()}}


class OutboxRelay:
    """Moves a collection's pending events to Kafka. Any number of relays may run.

    A document's events leave in order, under a lease. A relay that dies between Kafka's
    acknowledgement and the removal leaves them to be sent again, with the same `ce_id`, once
    its lease has ended.
    """

    def __init__(
        self,
        collection: MongoCollection,
        sender: RecordSender,
        name: str,
        *,
        lease_s: float = LONGEST_OUTBOX_LEASE_S,
    ) -> None:
        self._collection = collection
        self._sender = sender
        self._name = name
        self._lease = timedelta(seconds=lease_s)
        self._owner = f"{name}-{new_id()}"
        self._wake = asyncio.Event()

    async def ensure_indexes(self) -> None:
        await self._collection.create_index(
            [("outbox_at", ASCENDING)], name="outbox_pending", sparse=True
        )

    def nudge(self) -> None:
        """Relay at once, after a write. A lost nudge costs a quarter of a second."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled; pauses with growing steps while Kafka or Mongo is away."""
        pause = _POLL_S
        while True:
            try:
                relayed = await self._relay_some()
                pause = _POLL_S
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("outbox_waits", outbox=self._name, error=repr(error)[:300])
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                await asyncio.sleep(pause)
                continue
            if relayed == 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _POLL_S)
                self._wake.clear()

    async def drain(self) -> None:
        """Relay until nothing is pending."""
        while await self._relay_some() > 0:
            pass

    async def _relay_some(self) -> int:
        now = utc_now()
        # Reading by the sparse index alone, then claiming by id, keeps an empty poll cheap.
        due = (
            self._collection.find({"outbox_at": {"$lte": now}}, {"outbox_lease": 1})
            .sort("outbox_at", ASCENDING)
            .limit(_SCANNED)
        )
        # Those under another relay's lease do not hide the rest.
        free = [
            pending["_id"]
            for pending in await due.to_list(_SCANNED)
            if pending.get("outbox_lease", now) <= now
        ]
        claimed = [
            document
            for document_id in free[:_AT_ONCE]
            if (document := await self._claim(document_id)) is not None
        ]
        if claimed:
            await asyncio.gather(*(self._send(document) for document in claimed))
        return len(claimed)

    async def _claim(self, document_id: Any) -> Document | None:
        now = utc_now()
        # Neither `$or` nor `find_one_and_update`: for these the local stand-in of MongoDB uses no
        # index, not even the id's.
        claimed = await self._collection.update_one(
            {"_id": document_id, "outbox_lease": {"$not": {"$gt": now}}},
            {"$set": {"outbox_lease": now + self._lease, "outbox_owner": self._owner}},
        )
        if not claimed.matched_count:
            return None
        document: Document | None = await self._collection.find_one(
            {"_id": document_id, "outbox_owner": self._owner}, {"outbox": 1}
        )
        return document

    async def _send(self, document: Document) -> None:
        entries: list[Document] = document.get("outbox", [])
        release: Document = {"outbox_lease": "", "outbox_owner": ""}
        owned: Document = {"_id": document["_id"], "outbox_owner": self._owner}
        try:
            await self._sender.send(*(_to_record(entry) for entry in entries))
        except EngineDown:
            await self._collection.update_one(owned, {"$unset": release})
            raise
        # Only the owner of the lease removes events, so as many as were read are the same.
        removed = await self._collection.update_one(
            owned | {"outbox": {"$size": len(entries)}},
            {"$set": {"outbox": []}, "$unset": release | {"outbox_at": ""}},
        )
        if removed.matched_count == 0:
            # Others were pushed meanwhile, and keep their document due.
            sent = [entry["id"] for entry in entries]
            await self._collection.update_one(
                owned, {"$unset": release, "$pull": {"outbox": {"id": {"$in": sent}}}}
            )
        now = utc_now()
        for entry in entries:
            OUTBOX_SECONDS.labels(self._name).observe((now - entry["at"]).total_seconds())


def _to_record(entry: Document) -> OutgoingRecord:
    value: Any = entry["value"]
    return OutgoingRecord(
        topic=entry["topic"],
        key=bytes(entry["key"]),
        value=None if value is None else bytes(value),
        headers=[(name, bytes(content)) for name, content in entry["headers"]],
    )
