"""Counting what has changed."""

from typing import Final

from pichaven_gallery.sweeps import Sweep
from pichaven_gallery.timeline.repository import TimelineRepository

_MAX_OWNERS: Final = 20
_MAX_CHANGES: Final = 2_000


class SettleCounts:
    """Count changes of some owners. Readers of a timeline count their own changes first anyway."""

    def __init__(self, counts: TimelineRepository) -> None:
        self._counts = counts

    async def __call__(self) -> Sweep:
        owner_ids = await self._counts.owners_due(limit=_MAX_OWNERS)
        settled = [await self._counts.settle(owner, limit=_MAX_CHANGES) for owner in owner_ids]
        return Sweep(len(owner_ids), has_more=not all(settled))
