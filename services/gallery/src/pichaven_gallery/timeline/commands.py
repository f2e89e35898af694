"""What the worker does for timelines."""

from datetime import timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_gallery.sweeps import Sweep
from pichaven_gallery.timeline.month_pages import MonthPages
from pichaven_gallery.timeline.repository import OwnerChange, TimelineRepository
from pichaven_gallery.timeline.stored_months import StoredMonths

_MAX_OWNERS: Final = 20
_MAX_CHANGES: Final = 2_000
_MAX_MONTHS: Final = 4
"""Of a pass, for each owner: who reads meanwhile needs the database too."""
_QUIET: Final = timedelta(seconds=10)


class SettleCounts:
    """Count changes of some owners. Readers of a timeline count their own changes first anyway."""

    def __init__(self, counts: TimelineRepository) -> None:
        self._counts = counts

    async def __call__(self) -> Sweep:
        owner_ids = await self._counts.owners_due(limit=_MAX_OWNERS)
        settled = [await self._counts.settle(owner, limit=_MAX_CHANGES) for owner in owner_ids]
        return Sweep(len(owner_ids), has_more=not all(settled))


class StoreMonths:
    """Store months that changed, once their owner's library is quiet.

    So the next reader of each finds it, also after a restart. Pages of earlier versions are
    deleted. May be repeated, and run in several processes.
    """

    def __init__(
        self,
        timeline: TimelineRepository,
        pages: MonthPages,
        stored: StoredMonths,
        clock: Clock,
    ) -> None:
        self._timeline = timeline
        self._pages = pages
        self._stored = stored
        self._clock = clock

    async def __call__(self) -> Sweep:
        cutoff = self._clock() - _QUIET
        changes = await self._timeline.changed_before(cutoff, limit=_MAX_OWNERS)
        for change in changes:
            await self._store(change)
        # Without haste: the rest is for the next pass.
        return Sweep(len(changes), has_more=False)

    async def _store(self, change: OwnerChange) -> None:
        owner_id = change.owner_id
        state = await self._timeline.read(owner_id)
        if not state.is_settled:
            return
        keys = await self._stored.list(owner_id)
        versions = state.counts.versions
        current = {key.month for key in keys if key.is_first and key.is_of(versions)}
        months = sorted(versions.keys() - current, reverse=True)
        for month in months[:_MAX_MONTHS]:
            if await self._pages.migrate(owner_id, month):
                # It has another version soon.
                return
            await self._pages.store(state.edition(owner_id, month))
        if len(months) <= _MAX_MONTHS:
            keys = await self._stored.list(owner_id)
            await self._stored.delete([key for key in keys if not key.is_of(versions)])
            await self._timeline.forget_change(change)
