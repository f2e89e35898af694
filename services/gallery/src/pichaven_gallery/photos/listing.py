"""What the use cases need from outside."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pichaven_contracts.photo import Location
from pichaven_gallery.photos.lifecycle import Change
from pichaven_gallery.photos.photo import Photo, Status
from pichaven_gallery.timeline.counts import Counts

Decide = Callable[[Photo | None], Change | None]
"""From a photo as it is to the photo as it is to be; None leaves it. May be called again."""


@dataclass(frozen=True, slots=True)
class Filters:
    favorite: bool | None = None
    tag: str | None = None
    """Folded."""
    status: Status | None = None
    taken_from: datetime | None = None
    """Inside."""
    taken_until: datetime | None = None
    """Inside."""

    @property
    def selective(self) -> bool:
        """Whether it passes photos by more than their time."""
        return (self.favorite, self.tag, self.status) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Position:
    """The last item of a page: its sort key and id."""

    at: datetime
    photo_id: str


@dataclass(frozen=True, slots=True)
class Order:
    by: Literal["taken_at", "created_at"] = "taken_at"
    descending: bool = True


class Photos(Protocol):
    """The photo documents. Every change and its events are one write."""

    async def get(self, photo_id: str) -> Photo | None: ...

    async def change(self, photo_id: str, decide: Decide) -> Photo | None:
        """The photo after the change. What others write meanwhile is decided upon again."""
        ...

    async def change_many(self, decisions: Mapping[str, Decide]) -> None:
        """As `change`, for many photos in few round trips; what a decision raises is raised."""
        ...

    async def get_many(self, photo_ids: Sequence[str]) -> Mapping[str, Photo]: ...

    async def page(
        self,
        owner_id: str,
        filters: Filters,
        order: Order,
        *,
        limit: int,
        after: Position | None,
        counts: Counts,
    ) -> Sequence[Photo]:
        """Photos of the library, not of the trash; `counts` help to look in the right place."""
        ...

    async def trash(
        self, owner_id: str, *, since: datetime, limit: int, after: Position | None
    ) -> Sequence[Photo]:
        """Photos put into the trash after `since`, the latest first."""
        ...

    async def in_trash_until(
        self, owner_id: str, until: datetime, *, limit: int
    ) -> Sequence[str]: ...

    def changed_since(self, owner_id: str, since: datetime, *, most: int) -> AsyncIterator[Photo]:
        """Everything changed since then, stubs of purged photos too, in the order of change."""
        ...

    async def under_way(self, owner_id: str, *, limit: int) -> Sequence[Photo]:
        """The library's photos in processing, the latest first."""
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[Photo]:
        """Photos that need looking after, the longest overdue first."""
        ...

    async def reschedule(self, photo: Photo) -> None:
        """Note anew when the photo is due, by the patience that holds now."""
        ...

    async def delete_stub(self, photo: Photo) -> None:
        """Remove a purged photo's stub, unless it has changed or is not counted out yet."""
        ...


class Timeline(Protocol):
    """The counters of each owner."""

    async def counts(self, owner_id: str) -> Counts: ...

    async def settle(self, owner_id: str, *, most: int) -> bool:
        """Count up to so many changes; whether none is left. Any number may do so at once."""
        ...

    async def owners_due(self, *, limit: int) -> Sequence[str]: ...


class TrashMarks(Protocol):
    """Up to when an owner has emptied the trash: what is older is gone to its eyes."""

    async def emptied_at(self, owner_id: str) -> datetime: ...

    async def empty(self, owner_id: str, at: datetime) -> None: ...

    async def unfinished(self, *, limit: int) -> Sequence[tuple[str, datetime]]: ...

    async def finish(self, owner_id: str, at: datetime) -> None: ...


class PlaceNames(Protocol):
    """Knows what places are called."""

    async def __call__(self, position: Location) -> Location:
        """The position with city, region and country; as it was where there are none."""
        ...


class Nudge(Protocol):
    """Tells background work in this process that there is some."""

    def __call__(self) -> None: ...
