"""Bring what events tell of photos into every index that is written to."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from pichaven_chassis.events import Delivery, EngineDown, Tombstone
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_contracts.photo import PhotoAnalyzed, PhotoChanged
from pichaven_search.index.document import SCHEMA, Change, Held, Write
from pichaven_search.index.indexes import ElasticIndexes
from pichaven_search.index.model import Index, IndexGone
from pichaven_search.index.purged import ElasticPurged
from pichaven_search.index.repository import ElasticPhotos
from pichaven_search.ml_client.model import TextEncoder

EVENT_TYPES: Final = (PhotoChanged, PhotoAnalyzed)
_TRIES: Final = 8
_FORGET_EVERY_S: Final = 3600
_FORGET_AGAIN_S: Final = 30

_log = get_logger(__name__)


class WriteContended(Exception):
    """Others kept changing the same photos; the deliveries are to be tried again later."""


class IndexPhotos:
    """Any delivery may come twice, late, or beside its photo's other deliveries.

    A tombstone on either topic means that the photo is purged. It is marked first and removed
    after; whoever writes a photo looks at the marks after writing. So of a purge and a late
    event at the same time one always sees the other, and the photo stays away.
    """

    def __init__(
        self, indexes: ElasticIndexes, photos: ElasticPhotos, purged: ElasticPurged
    ) -> None:
        self._indexes = indexes
        self._photos = photos
        self._purged = purged

    async def __call__(self, deliveries: Sequence[Delivery]) -> None:
        """Returns when every index has it, one that came to be meanwhile included."""
        changes, purged = folded(deliveries)
        done: set[str] = set()
        while True:
            listed = await self._indexes.written()
            if not listed:
                raise EngineDown("there is no index yet, run the setup of search")
            waiting = [index for index in listed if index.name not in done]
            if not waiting:
                return
            for index in waiting:
                await self._apply(index, changes, purged)
                done.add(index.name)

    async def into(self, index: Index, deliveries: Sequence[Delivery]) -> None:
        """The same for one index alone, as a rebuild does it."""
        await self._apply(index, *folded(deliveries))

    async def _apply(self, index: Index, changes: dict[str, Change], purged: set[str]) -> None:
        if index.schema != SCHEMA:
            # Until it is rebuilt it learns of nothing but what may be shown no longer.
            _log.warning("index_of_other_schema", index=index.name, schema=index.schema)
        try:
            await self._purge(index, purged)
            await self._write(index, changes)
        except IndexGone:
            _log.info("index_gone", index=index.name)

    async def _purge(self, index: Index, photo_ids: set[str]) -> None:
        if photo_ids:
            await self._purged.mark(photo_ids)
            await self._photos.remove(index, photo_ids)

    async def _write(self, index: Index, changes: dict[str, Change]) -> None:
        if not changes:
            return
        marked = await self._purged.among(changes)
        if marked:
            # A write that was cut off before it looked at the marks may have brought one back.
            await self._photos.remove(index, marked)
        pending = [change for change in changes.values() if change.photo_id not in marked]
        written: set[str] = set()
        for _ in range(_TRIES):
            held = await self._photos.held(index, pending)
            writes = [
                Write(change.photo_id, change.owner_id, fields, held.get(change.photo_id))
                for change in pending
                if (fields := _fields(index, change, held.get(change.photo_id)))
            ]
            refused = await self._photos.write(index, writes) if writes else set()
            written |= {write.photo_id for write in writes} - refused
            pending = [change for change in pending if change.photo_id in refused]
            if not pending:
                break
        else:
            raise WriteContended(f"{len(pending)} photos of {index.name}")
        purged_meanwhile = await self._purged.among(written) if written else set()
        if purged_meanwhile:
            await self._photos.remove(index, purged_meanwhile)


def _fields(index: Index, change: Change, held: Held | None) -> dict[str, Any] | None:
    if index.schema != SCHEMA:
        return change.hiding(held)
    return change.against(held, index.model, index.dimensions)


def folded(deliveries: Sequence[Delivery]) -> tuple[dict[str, Change], set[str]]:
    """The newest of each photo, and the photos that are purged."""
    changes: dict[str, Change] = {}
    purged: set[str] = set()
    for delivery in deliveries:
        event = delivery.event
        if isinstance(event, Tombstone):
            purged.add(event.key)
        elif isinstance(event, PhotoChanged | PhotoAnalyzed):
            change = changes.get(event.photo_id, Change(event.photo_id, event.owner_id))
            changes[event.photo_id] = (
                change.with_library(event)
                if isinstance(event, PhotoChanged)
                else change.with_analysis(event)
            )
    for photo_id in purged:
        changes.pop(photo_id, None)
    return changes, purged


class PrepareIndex:
    """May be repeated. Raises `EncoderUnavailable` while ml, which knows the model, is not up."""

    def __init__(
        self, indexes: ElasticIndexes, purged: ElasticPurged, encoder: TextEncoder
    ) -> None:
        self._indexes = indexes
        self._purged = purged
        self._encoder = encoder

    async def __call__(self) -> None:
        await self._purged.prepare()
        searched = await self._indexes.searched()
        if searched is None:
            model = await self._encoder.model()
            created = await self._indexes.create(model, searched=True)
            _log.info("index_created", index=created.name, model=created.model)
        elif searched.schema != SCHEMA:
            _log.warning(
                "rebuild_needed", index=searched.name, schema=searched.schema, wanted=SCHEMA
            )


class ForgetPurged:
    """Drops the old marks of purged photos each hour, for as long as the process runs."""

    def __init__(self, purged: ElasticPurged) -> None:
        self._purged = purged

    async def __call__(self) -> None:
        while True:
            try:
                forgotten = await self._purged.forget_old()
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.info("forget_purged_waits", error=repr(error)[:200])
                await asyncio.sleep(_FORGET_AGAIN_S)
                continue
            if forgotten:
                _log.info("purged_forgotten", photos=forgotten)
            await asyncio.sleep(_FORGET_EVERY_S)
