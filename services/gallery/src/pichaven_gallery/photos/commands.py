"""What viewers do with photos. Every change is decided on the photo as stored at its write."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.etags import ExpectedTags
from pichaven_chassis.problems import Problem
from pichaven_chassis.storage import ObjectStore
from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos import lifecycle
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.edits import EditPatch
from pichaven_gallery.photos.errors import OriginalGone, PhotoInTrash, PhotoNotFound
from pichaven_gallery.photos.geo_places import name_location
from pichaven_gallery.photos.lifecycle import Change, Decide, next_version
from pichaven_gallery.photos.photo import LibraryState, Photo, Status
from pichaven_gallery.photos.queries import GetPhoto, require
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.transitions import Transition, edit, restore, trash
from pichaven_gallery.photos.trash_marks import TrashMarkRepository

_REPROCESSING_WINDOW: Final = timedelta(minutes=10)
"""Further requests to reprocess a photo within this time make no more work."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one photo of a batch."""

    photo_id: str
    photo: Photo | None = None
    """The photo afterwards; None where there is a problem."""
    problem: Problem | None = None


class ChangePhotos:
    """Apply a transition to photos that the viewer is allowed the action on."""

    def __init__(self, photos: PhotoRepository, marks: TrashMarkRepository, clock: Clock) -> None:
        self._photos = photos
        self._marks = marks
        self._clock = clock

    async def one(
        self,
        photo_id: str,
        viewer: Viewer,
        action: Action,
        transition: Transition,
        *,
        expected: ExpectedTags,
    ) -> Photo:
        """Return the photo after its change.

        Raises `PhotoNotFound`, `PreconditionFailed` and the transition's errors.
        """

        def checked(photo: Photo, now: datetime, actor: str) -> Change:
            expected.check_version(photo.version)
            return transition(photo, now, actor)

        decide = await self._decision(viewer, action, checked)
        photo = await self._photos.change(photo_id, decide)
        assert photo is not None
        return photo

    async def many(
        self, photo_ids: Sequence[str], viewer: Viewer, action: Action, transition: Transition
    ) -> Sequence[Result]:
        """Return a result for each photo; each succeeds or fails by itself."""
        results = {photo_id: Result(photo_id) for photo_id in photo_ids}
        decide = await self._decision(viewer, action, transition)

        def recording(photo_id: str) -> Decide:
            def decide_and_record(photo: Photo | None) -> Change | None:
                try:
                    change = decide(photo)
                except Problem as problem:
                    results[photo_id] = Result(photo_id, problem=problem)
                    return None
                results[photo_id] = Result(photo_id, change.photo)
                return change

            return decide_and_record

        await self._photos.change_many({photo_id: recording(photo_id) for photo_id in results})
        return list(results.values())

    async def _decision(
        self, viewer: Viewer, action: Action, transition: Transition
    ) -> Callable[[Photo | None], Change]:
        # Only its owner reaches into a trash, so the viewer's own mark is the photo's.
        emptied_at = await self._marks.emptied_at(viewer.user_id)

        def decide(photo: Photo | None) -> Change:
            # A photo trashed now was not in the trash when it was emptied, even if the process
            # that emptied it has a clock ahead of this one.
            now = max(self._clock(), emptied_at + timedelta(milliseconds=1))
            photo = require(photo, viewer, action, emptied_at)
            return transition(photo, now, viewer.user_id)

        return decide


class EditPhoto:
    """Change captions, times, tags and other facts of a photo.

    A new location without names gets those of its geo place. Raises `PhotoNotFound`,
    `PhotoInTrash`, `TooManyTags`, and `PreconditionFailed` unless its version is expected.
    """

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(
        self, photo_id: str, viewer: Viewer, patch: EditPatch, *, expected: ExpectedTags
    ) -> Photo:
        if patch.unnamed_location is not None:
            patch = replace(patch, location=await name_location(patch.unnamed_location))
        return await self._change.one(photo_id, viewer, Action.EDIT, edit(patch), expected=expected)


class TrashPhoto:
    """May be repeated. Raises `PhotoNotFound`, `PreconditionFailed`."""

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(self, photo_id: str, viewer: Viewer, *, expected: ExpectedTags) -> Photo:
        return await self._change.one(photo_id, viewer, Action.DELETE, trash, expected=expected)


class RestorePhoto:
    """May be repeated. Raises `PhotoNotFound`, `PreconditionFailed`."""

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(self, photo_id: str, viewer: Viewer, *, expected: ExpectedTags) -> Photo:
        return await self._change.one(photo_id, viewer, Action.DELETE, restore, expected=expected)


class ReprocessPhoto:
    """Have the photo processed again from its original.

    Does nothing while it is in processing or was requested some minutes ago, so repeated
    requests make no more work than one. Raises `PhotoNotFound`, `PhotoInTrash`, `OriginalGone`,
    and `PreconditionFailed` unless the photo's version is expected.
    """

    def __init__(
        self, photos: PhotoRepository, get_photo: GetPhoto, store: ObjectStore, clock: Clock
    ) -> None:
        self._photos = photos
        self._get_photo = get_photo
        self._store = store
        self._clock = clock

    async def __call__(self, photo_id: str, viewer: Viewer, *, expected: ExpectedTags) -> Photo:
        photo = await self._get_photo(photo_id, viewer, Action.EDIT)
        expected.check_version(photo.version)
        if photo.library_state is LibraryState.TRASH:
            raise PhotoInTrash
        assert photo.original is not None
        if await asyncio.wait_for(self._store.head(photo.original.object_key), 10) is None:
            raise OriginalGone
        after = await self._photos.change(photo_id, partial(self._decide, viewer, expected))
        assert after is not None
        return after

    def _decide(self, viewer: Viewer, expected: ExpectedTags, photo: Photo | None) -> Change | None:
        now = self._clock()
        if photo is None or photo.library_state is not LibraryState.LIBRARY:
            raise PhotoNotFound
        expected.check_version(photo.version)
        if photo.status is Status.PROCESSING or _is_reprocessing_requested(photo, now):
            return None
        requested = lifecycle.request_reprocessing(photo, now, "asked for by the owner")
        action = ChangeAction.REPROCESS_REQUESTED
        change = next_version(photo, requested.photo, now, action, viewer.user_id)
        return replace(change, events=(*change.events, *requested.events))


def _is_reprocessing_requested(photo: Photo, now: datetime) -> bool:
    """Whether a ready photo was requested recently and its present result is older."""
    requested_at, processed = photo.processing_attempts.last_at, photo.processed
    if requested_at is None or processed is None:
        return False
    return processed.occurred_at < requested_at and now - requested_at < _REPROCESSING_WINDOW
