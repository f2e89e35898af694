"""What owners do with their photos. Every change is decided on the photo as it then is."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from pichaven_chassis.clock import Clock
from pichaven_chassis.problems import PreconditionFailed, Problem
from pichaven_chassis.storage import ObjectStore
from pichaven_gallery.photos import lifecycle as fold
from pichaven_gallery.photos.edits import Revision
from pichaven_gallery.photos.errors import OriginalGone, PhotoInTrash, PhotoNotFound
from pichaven_gallery.photos.lifecycle import Change
from pichaven_gallery.photos.listing import Decide, Nudge, Photos, PlaceNames, TrashMarks
from pichaven_gallery.photos.photo import Photo, Shelf, Status
from pichaven_gallery.photos.queries import ShowPhoto, seen_by

Action = Literal["favorite", "unfavorite", "trash", "restore", "add_tags", "remove_tags"]
_Step = Callable[[Photo, datetime], Change]

_ANSWER_TIME: Final = timedelta(minutes=10)
"""So long a request to process a photo again stands for all that follow it."""


def _editing(asked: Revision) -> _Step:
    def step(photo: Photo, now: datetime) -> Change:
        if photo.shelf is Shelf.TRASH:
            raise PhotoInTrash
        return fold.announced(photo, fold.edited(photo, asked), now)

    return step


def _trashing(photo: Photo, now: datetime) -> Change:
    return fold.announced(photo, fold.trashed(photo, now), now)


def _restoring(photo: Photo, now: datetime) -> Change:
    return fold.announced(photo, fold.restored(photo), now)


def _purging(photo: Photo, now: datetime) -> Change:
    if photo.shelf is not Shelf.TRASH:
        raise PhotoNotFound
    return fold.purged(photo, now)


def _later_than(emptied_at: datetime | None, now: datetime) -> datetime:
    """What is trashed now was not in the trash when it was emptied, whatever the clock says of
    the process that emptied it."""
    return now if emptied_at is None else max(now, emptied_at + timedelta(milliseconds=1))


class ChangePhoto:
    """One step on one photo of its owner. Raises `PhotoNotFound`."""

    def __init__(self, photos: Photos, marks: TrashMarks, places: PlaceNames, clock: Clock) -> None:
        self._photos = photos
        self._marks = marks
        self._places = places
        self._clock = clock

    async def edit(
        self, photo_id: str, owner_id: str, asked: Revision, *, versions: frozenset[int] | None
    ) -> Photo:
        """A position that comes without names gets those of the place that it lies in.

        Raises `PreconditionFailed` when the photo has none of these versions, `PhotoInTrash`.
        """
        if asked.nameless is not None:
            asked = replace(asked, location=await self._places(asked.nameless))

        def step(photo: Photo, now: datetime) -> Change:
            if versions is not None and photo.version not in versions:
                raise PreconditionFailed("Read it again and repeat the change on what you find.")
            return _editing(asked)(photo, now)

        return await self._take(photo_id, owner_id, step)

    async def trash(self, photo_id: str, owner_id: str) -> Photo:
        """May be repeated."""
        return await self._take(photo_id, owner_id, _trashing)

    async def restore(self, photo_id: str, owner_id: str) -> Photo:
        """May be repeated."""
        return await self._take(photo_id, owner_id, _restoring)

    async def purge(self, photo_id: str, owner_id: str) -> None:
        """For good; the photo must be in the trash."""
        await self._take(photo_id, owner_id, _purging)

    async def _take(self, photo_id: str, owner_id: str, step: _Step) -> Photo:
        emptied_at = await self._marks.emptied_at(owner_id)

        def decide(known: Photo | None) -> Change:
            return step(
                seen_by(known, owner_id, emptied_at), _later_than(emptied_at, self._clock())
            )

        changed = await self._photos.change(photo_id, decide)
        assert changed is not None
        return changed


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one photo of a batch."""

    photo_id: str
    version: int | None = None
    problem: Problem | None = None


class BatchPhotos:
    """One action on many photos; each succeeds or fails by itself. May be repeated."""

    def __init__(self, photos: Photos, marks: TrashMarks, clock: Clock) -> None:
        self._photos = photos
        self._marks = marks
        self._clock = clock

    async def __call__(
        self, owner_id: str, photo_ids: Sequence[str], action: Action, tags: tuple[str, ...] = ()
    ) -> Sequence[Result]:
        step = _step_of(action, tags)
        emptied_at = await self._marks.emptied_at(owner_id)
        results = {photo_id: Result(photo_id) for photo_id in photo_ids}

        def deciding(photo_id: str) -> Decide:
            def decide(known: Photo | None) -> Change | None:
                try:
                    change = step(
                        seen_by(known, owner_id, emptied_at), _later_than(emptied_at, self._clock())
                    )
                except Problem as problem:
                    results[photo_id] = Result(photo_id, problem=problem)
                    return None
                results[photo_id] = Result(photo_id, version=change.photo.version)
                return change

            return decide

        await self._photos.change_many({photo_id: deciding(photo_id) for photo_id in results})
        return list(results.values())


def _step_of(action: Action, tags: tuple[str, ...]) -> _Step:
    if action == "trash":
        return _trashing
    if action == "restore":
        return _restoring
    if action == "add_tags":
        return _editing(Revision(tags_add=tags))
    if action == "remove_tags":
        return _editing(Revision(tags_remove=tags))
    return _editing(Revision(favorite=action == "favorite"))


class EmptyTrash:
    """The trash is empty at once, however much was in it; removing goes on in the background."""

    def __init__(self, marks: TrashMarks, clock: Clock, nudge: Nudge) -> None:
        self._marks = marks
        self._clock = clock
        self._nudge = nudge

    async def __call__(self, owner_id: str) -> None:
        # What comes into the trash within this very millisecond may have come after.
        await self._marks.empty(owner_id, self._clock() - timedelta(milliseconds=1))
        self._nudge()


class ReprocessPhoto:
    """Have the photo made anew from its original. A photo under way is left to it, and so is
    one that was asked for some minutes ago: asking repeatedly makes no more work than once.

    Raises `PhotoNotFound`, `PhotoInTrash`, `OriginalGone`.
    """

    def __init__(self, photos: Photos, show: ShowPhoto, store: ObjectStore, clock: Clock) -> None:
        self._photos = photos
        self._show = show
        self._store = store
        self._clock = clock

    async def __call__(self, photo_id: str, owner_id: str) -> Photo:
        photo = await self._show(photo_id, owner_id)
        if photo.shelf is Shelf.TRASH:
            raise PhotoInTrash
        assert photo.original is not None
        if await asyncio.wait_for(self._store.head(photo.original.object_key), 10) is None:
            raise OriginalGone

        def decide(known: Photo | None) -> Change | None:
            now = self._clock()
            if known is None or known.shelf is not Shelf.LIBRARY:
                raise PhotoNotFound
            if known.status is Status.PROCESSING or _is_awaited(known, now):
                return None
            asked = fold.asked_again(known, now, "asked for by the owner")
            change = fold.announced(known, asked.photo, now)
            return replace(change, events=(*change.events, *asked.events))

        changed = await self._photos.change(photo_id, decide)
        assert changed is not None
        return changed


def _is_awaited(photo: Photo, now: datetime) -> bool:
    """A photo that is ready has been asked for, and what came is from before that."""
    asked_at, made = photo.processing_asked.at, photo.processed
    if asked_at is None or made is None:
        return False
    return made.occurred_at < asked_at and now - asked_at < _ANSWER_TIME
