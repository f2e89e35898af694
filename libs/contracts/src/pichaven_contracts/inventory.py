"""Events of the comparison of an index with the library."""

from typing import ClassVar, Final

from pydantic import NonNegativeInt

from pichaven_contracts import topics
from pichaven_contracts.event import Event, Id, Value
from pichaven_contracts.topics import Topic

BEFORE_ALL_IDS: Final = "00000000-0000-0000-0000-000000000000"
AFTER_ALL_IDS: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class InventoryItem(Value):
    """A photo as the library has it."""

    photo_id: Id
    version: NonNegativeInt
    purged: bool = False
    """Removed for good; it is noted for some weeks."""
    settled: bool = True
    """Whether its last change was long enough ago to have reached every index."""
    model: str | None = None
    """The model that tagged and embedded its present original."""
    text_read: bool = False
    """Whether the text in its picture was read, or found to be unreadable."""


class LibraryInventoried(Event):
    """A page of all photos of all owners, ordered by id."""

    event_type: ClassVar[str] = "library.inventoried.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.INVENTORY,)

    after: Id
    """The page has every photo whose id is greater than this one's."""
    until: Id
    """And at most this one's."""
    photos: tuple[InventoryItem, ...] = ()

    @property
    def key(self) -> str:
        return self.after


class IndexGapsDetected(Event):
    """An index has not all that the library has of some photos, all of one page."""

    event_type: ClassVar[str] = "index.gaps_detected.v1"
    topics: ClassVar[tuple[Topic, ...]] = (topics.INDEX_GAPS,)

    after: Id
    """Of the page."""
    changes: tuple[Id, ...] = ()
    """Photos whose last change it lacks."""
    analyses: tuple[Id, ...] = ()
    """Photos whose embedding or text it lacks."""

    @property
    def key(self) -> str:
        return self.after
