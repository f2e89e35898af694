"""Apply events of photos to every index that is written."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from pichaven_chassis.events import Delivery, EngineDown, Tombstone
from pichaven_chassis.logging import get_logger
from pichaven_chassis.optimistic import WriteConflict, write_optimistically
from pichaven_chassis.outages import is_outage
from pichaven_contracts.photo import PhotoChanged, PhotoEmbedded, PhotoTextRead
from pichaven_search.index.document import SCHEMA, Change, IndexedState, Write
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.model import Index, IndexGone
from pichaven_search.index.purge_marks import PurgeMarkRepository
from pichaven_search.index.repository import PhotoRepository
from pichaven_search.index.segments import SegmentRepository
from pichaven_search.ml_client.model import TextEncoder

EVENT_TYPES: Final = (PhotoChanged, PhotoEmbedded, PhotoTextRead)
_EXPIRE_EVERY_S: Final = 3600
_RETRY_EXPIRY_S: Final = 30
_QUIET_S: Final = 60

_log = get_logger(__name__)


class IndexPhotos:
    """Idempotent; deliveries may come late, and beside other deliveries of the same photo.

    A tombstone on any topic means that the photo is purged. It is marked first and removed
    after; every writer of a photo reads the marks after writing. So of a purge and a late event
    at the same time one always sees the other, and the photo is removed.
    """

    def __init__(
        self, indexes: IndexRepository, photos: PhotoRepository, purge_marks: PurgeMarkRepository
    ) -> None:
        self._indexes = indexes
        self._photos = photos
        self._purge_marks = purge_marks

    async def __call__(self, deliveries: Sequence[Delivery]) -> None:
        """Return when every index has the changes, one created meanwhile included.

        Raises `WriteContended`, and `EngineDown` while there is no index.
        """
        changes, purged_ids = merge_changes(deliveries)
        done: set[str] = set()
        while True:
            written = await self._indexes.get_written()
            if not written:
                raise EngineDown("there is no index yet, run the setup of search")
            pending = [index for index in written if index.name not in done]
            if not pending:
                return
            for index in pending:
                await self._apply(index, changes, purged_ids)
                done.add(index.name)

    async def into(self, index: Index, deliveries: Sequence[Delivery]) -> None:
        """Apply the deliveries to one index alone, as a replay does."""
        await self._apply(index, *merge_changes(deliveries))

    async def _apply(self, index: Index, changes: dict[str, Change], purged_ids: set[str]) -> None:
        if index.schema != SCHEMA:
            # Until it is rebuilt it gets only what hides or removes photos.
            _log.warning("index_of_other_schema", index=index.name, schema=index.schema)
        try:
            await self._purge(index, purged_ids)
            await self._write(index, changes)
        except IndexGone:
            _log.info("index_gone", index=index.name)

    async def _purge(self, index: Index, photo_ids: set[str]) -> None:
        if photo_ids:
            await self._purge_marks.mark(photo_ids)
            await self._photos.remove(index, photo_ids)

    async def _write(self, index: Index, changes: dict[str, Change]) -> None:
        if not changes:
            return
        marked = await self._purge_marks.filter_marked(changes)
        if marked:
            # A write that was cut off before it read the marks may have brought one back.
            await self._photos.remove(index, marked)
        pending = [change for change in changes.values() if change.photo_id not in marked]
        written_ids: set[str] = set()

        async def write_pending() -> None:
            nonlocal pending
            states = await self._photos.read_states(index, pending)
            # Stemming long texts takes seconds, in which the event loop would serve no request.
            writes = await asyncio.to_thread(_to_writes, pending, states, index)
            conflicts = await self._photos.write(index, writes) if writes else set()
            written_ids.update({write.photo_id for write in writes} - conflicts)
            pending = [change for change in pending if change.photo_id in conflicts]
            if pending:
                raise WriteConflict

        await write_optimistically(write_pending)
        purged_meanwhile = await self._purge_marks.filter_marked(written_ids)
        if purged_meanwhile:
            await self._photos.remove(index, purged_meanwhile)


def _to_writes(
    changes: Sequence[Change], states: Mapping[str, IndexedState], index: Index
) -> list[Write]:
    writes = []
    for change in changes:
        state = states.get(change.photo_id)
        if fields := change.new_fields(state, index):
            writes.append(Write(change.photo_id, change.owner_id, fields, state))
    return writes


def merge_changes(deliveries: Sequence[Delivery]) -> tuple[dict[str, Change], set[str]]:
    """Return the newest events of each photo, and the ids of purged photos."""
    changes: dict[str, Change] = {}
    purged_ids: set[str] = set()
    for delivery in deliveries:
        event = delivery.event
        if isinstance(event, Tombstone):
            purged_ids.add(event.key)
        elif isinstance(event, EVENT_TYPES):
            change = changes.get(event.photo_id, Change(event.photo_id, event.owner_id))
            changes[event.photo_id] = change.with_event(event)
    for photo_id in purged_ids:
        changes.pop(photo_id, None)
    return changes, purged_ids


class PrepareIndex:
    """Create the first index unless there is one.

    Raises `EncoderUnavailable` while ml, which knows the model, is not up.
    """

    def __init__(
        self, indexes: IndexRepository, purge_marks: PurgeMarkRepository, encoder: TextEncoder
    ) -> None:
        self._indexes = indexes
        self._purge_marks = purge_marks
        self._encoder = encoder

    async def __call__(self) -> None:
        await self._purge_marks.prepare()
        searched = await self._indexes.get_searched()
        if searched is None:
            model = await self._encoder.model()
            created = await self._indexes.create(model, searched=True)
            _log.info("index_created", index=created.name, model=created.model)
        elif searched.schema != SCHEMA:
            _log.warning(
                "rebuild_needed",
                index=searched.name,
                schema=searched.schema,
                wanted=SCHEMA,
                command="python -m pichaven_search rebuild",
            )


class ExpirePurgeMarks:
    """Deletes old purge marks each hour, for as long as the process runs."""

    def __init__(self, purge_marks: PurgeMarkRepository) -> None:
        self._purge_marks = purge_marks

    async def __call__(self) -> None:
        while True:
            try:
                count = await self._purge_marks.delete_old()
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.info("expire_purge_marks_waits", error=repr(error)[:200])
                await asyncio.sleep(_RETRY_EXPIRY_S)
                continue
            if count:
                _log.info("purge_marks_expired", photos=count)
            await asyncio.sleep(_EXPIRE_EVERY_S)


class MergeSegments:
    """Merges the segments of the searched index after each quiet minute, while the process runs.

    An index that is written to all the time is left to Elasticsearch's own merges.
    """

    def __init__(
        self,
        indexes: IndexRepository,
        segments: SegmentRepository,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._indexes = indexes
        self._segments = segments
        self._pause = pause

    async def __call__(self) -> None:
        before: tuple[str, int] | None = None
        while True:
            try:
                before = await self._merge_if_quiet(before)
            except Exception as error:
                if not isinstance(error, IndexGone) and not is_outage(error):
                    raise
                _log.info("merge_segments_waits", error=repr(error)[:200])
            await self._pause(_QUIET_S)

    async def _merge_if_quiet(self, before: tuple[str, int] | None) -> tuple[str, int] | None:
        """Return the index and its writes, with which the next call compares its own."""
        index = await self._indexes.get_searched()
        if index is None:
            return None
        now = (index.name, (await self._segments.load(index)).writes)
        if now == before:
            await self._segments.merge(index)
        return now
