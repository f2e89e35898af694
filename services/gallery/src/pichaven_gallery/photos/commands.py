"""What viewers do with photos. Every change is decided on the photo as stored at its write."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from pichaven_chassis.clock import Clock
from pichaven_chassis.etags import ExpectedTags
from pichaven_chassis.problems import Problem
from pichaven_chassis.storage import ObjectStore
from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos import lifecycle
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.edits import EditPatch, OwnTime, action_of_edit
from pichaven_gallery.photos.errors import OriginalGone, PhotoInTrash, PhotoNotFound
from pichaven_gallery.photos.geo_places import name_location
from pichaven_gallery.photos.lifecycle import Change, Decide, next_version
from pichaven_gallery.photos.photo import LibraryState, Photo, Status
from pichaven_gallery.photos.queries import GetPhoto, require
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository

Transition = Callable[[Photo, datetime, str], Change]
"""From a visible photo, the time and the actor to its change."""
BatchAction = Literal[
    "favorite",
    "unfavorite",
    "trash",
    "restore",
    "add_tags",
    "remove_tags",
    "shift_time",
    "set_time_zone",
]

_REPROCESSING_WINDOW: Final = timedelta(minutes=10)
"""Further requests to reprocess a photo within this time make no more work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchValues:
    """What the actions of a batch need; each uses its own."""

    tags: tuple[str, ...] = ()
    shift: timedelta | None = None
    time_zone: str | None = None


def _edit(patch: EditPatch) -> Transition:
    return _edit_by(lambda photo: lifecycle.edit(photo, patch))


def _edit_by(edit: Callable[[Photo], Photo]) -> Transition:
    def transition(photo: Photo, now: datetime, actor: str) -> Change:
        if photo.library_state is LibraryState.TRASH:
            raise PhotoInTrash
        after = edit(photo)
        return next_version(photo, after, now, action_of_edit(photo.edits, after.edits), actor)

    return transition


def _shift_times(by: timedelta) -> Transition:
    """Shift each photo once, although a conflict has the transition decided again."""
    shifted: dict[str, OwnTime] = {}

    def edit(photo: Photo) -> Photo:
        if photo.photo_id in shifted and photo.edits.taken_at == shifted[photo.photo_id]:
            return photo
        after = lifecycle.shift_time(photo, by)
        assert isinstance(after.edits.taken_at, OwnTime)
        shifted[photo.photo_id] = after.edits.taken_at
        return after

    return _edit_by(edit)


def _trash(photo: Photo, now: datetime, actor: str) -> Change:
    return next_version(photo, lifecycle.trash(photo, now), now, ChangeAction.TRASHED, actor)


def _restore(photo: Photo, now: datetime, actor: str) -> Change:
    return next_version(photo, lifecycle.restore(photo), now, ChangeAction.RESTORED, actor)


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one photo of a batch."""

    photo_id: str
    version: int | None = None
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
                results[photo_id] = Result(photo_id, version=change.photo.version)
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
        return await self._change.one(
            photo_id, viewer, Action.EDIT, _edit(patch), expected=expected
        )


class TrashPhoto:
    """May be repeated. Raises `PhotoNotFound`, `PreconditionFailed`."""

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(self, photo_id: str, viewer: Viewer, *, expected: ExpectedTags) -> Photo:
        return await self._change.one(photo_id, viewer, Action.DELETE, _trash, expected=expected)


class RestorePhoto:
    """May be repeated. Raises `PhotoNotFound`, `PreconditionFailed`."""

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(self, photo_id: str, viewer: Viewer, *, expected: ExpectedTags) -> Photo:
        return await self._change.one(photo_id, viewer, Action.DELETE, _restore, expected=expected)


class RunBatch:
    """Apply one action to many photos; each succeeds or fails by itself.

    May be repeated, but for a shift of times, which is made each time.
    """

    def __init__(self, change: ChangePhotos) -> None:
        self._change = change

    async def __call__(
        self, photo_ids: Sequence[str], viewer: Viewer, action: BatchAction, values: BatchValues
    ) -> Sequence[Result]:
        edit = self._to_edit(action, values)
        if edit is not None:
            return await self._change.many(photo_ids, viewer, Action.EDIT, edit)
        transition = _trash if action == "trash" else _restore
        return await self._change.many(photo_ids, viewer, Action.DELETE, transition)

    def _to_edit(self, action: BatchAction, values: BatchValues) -> Transition | None:
        match action:
            case "trash" | "restore":
                return None
            case "add_tags":
                return _edit(EditPatch(tags_add=values.tags))
            case "remove_tags":
                return _edit(EditPatch(tags_remove=values.tags))
            case "favorite" | "unfavorite":
                return _edit(EditPatch(favorite=action == "favorite"))
            case "shift_time":
                assert values.shift is not None
                return _shift_times(values.shift)
            case "set_time_zone":
                assert values.time_zone is not None
                zone = values.time_zone
                return _edit_by(lambda photo: lifecycle.set_time_zone(photo, zone))


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
