"""Mending indexes that differ from the library."""

from typing import Final

from prometheus_client import Counter

from pichaven_chassis.events import EventMeta, EventPublisher
from pichaven_chassis.logging import get_logger
from pichaven_contracts.inventory import IndexGapsDetected, LibraryInventoried
from pichaven_search.index.comparison import Differences, compare
from pichaven_search.index.document import SCHEMA
from pichaven_search.index.indexes import IndexRepository
from pichaven_search.index.inventory import IndexInventory
from pichaven_search.index.model import Index, IndexGone
from pichaven_search.index.repository import PhotoRepository

COMPARED: Final = Counter(
    "pichaven_index_compared_photos_total", "Photos of the library that indexes were compared with."
)
DIFFERENCES: Final = Counter(
    "pichaven_index_differences_total",
    "Photos of which an index lacked the last change (changes), the embedding or the text "
    "(analyses), or that it had although they are gone (removals).",
    ["kind"],
)
_KINDS: Final = ("changes", "analyses", "removals")
for _kind in _KINDS:
    # A series begins at 0, or its first value is no increase.
    DIFFERENCES.labels(_kind)
_log = get_logger(__name__)


class CompareWithLibrary:
    """Compare each complete index with a page of the inventory.

    What an index lacks is requested as events, in the ordinary way; photos that are gone are
    removed. May be repeated.
    """

    def __init__(
        self,
        indexes: IndexRepository,
        inventory: IndexInventory,
        photos: PhotoRepository,
        publisher: EventPublisher,
    ) -> None:
        self._indexes = indexes
        self._inventory = inventory
        self._photos = photos
        self._publisher = publisher

    async def __call__(self, page: LibraryInventoried, cause: EventMeta | None = None) -> None:
        changes: set[str] = set()
        analyses: set[str] = set()
        for index in await self._indexes.get_written():
            if index.schema != SCHEMA or index.state != "complete":
                # It gets what it lacks when it is rebuilt.
                continue
            try:
                differences = await self._compare(page, index)
            except IndexGone:
                _log.info("index_gone", index=index.name)
                continue
            changes |= differences.changes
            analyses |= differences.analyses
        COMPARED.inc(len(page.photos))
        if changes or analyses:
            gaps = IndexGapsDetected(
                after=page.after, changes=tuple(sorted(changes)), analyses=tuple(sorted(analyses))
            )
            await self._publisher.publish(gaps, cause=cause)

    async def _compare(self, page: LibraryInventoried, index: Index) -> Differences:
        """Remove what is gone, and return the differences."""
        indexed = await self._inventory.list_photos(index, page.after, page.until)
        differences = compare(page, indexed, index.model)
        if differences.removals:
            await self._photos.remove(index, differences.removals)
        counts = {name: len(getattr(differences, name)) for name in _KINDS}
        for kind, count in counts.items():
            DIFFERENCES.labels(kind).inc(count)
        if any(counts.values()):
            _log.warning("index_differs_from_library", index=index.name, **counts)
        return differences
