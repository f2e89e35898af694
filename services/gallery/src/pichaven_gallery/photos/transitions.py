"""From a visible photo to its change at its owner's wish."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pichaven_gallery.photos import lifecycle
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.edits import EditPatch, OwnTime, action_of_edit
from pichaven_gallery.photos.errors import PhotoInTrash
from pichaven_gallery.photos.lifecycle import Change, next_version
from pichaven_gallery.photos.photo import LibraryState, Photo

Transition = Callable[[Photo, datetime, str], Change]
"""From a visible photo, the time and the actor to its change."""
_MAX_JOBS: Final = 4
"""Ids of jobs in a photo. An owner's jobs run one after another, so that the last would do; more
are for a worker that was cut off and comes late."""


def edit(patch: EditPatch) -> Transition:
    return edit_by(lambda photo: lifecycle.edit(photo, patch))


def edit_by(change: Callable[[Photo], Photo]) -> Transition:
    def transition(photo: Photo, now: datetime, actor: str) -> Change:
        if photo.library_state is LibraryState.TRASH:
            raise PhotoInTrash
        after = change(photo)
        return next_version(photo, after, now, action_of_edit(photo.edits, after.edits), actor)

    return transition


def shift_times(by: timedelta) -> Transition:
    """Shift each photo once, although a conflict has the transition decided again."""
    shifted: dict[str, OwnTime] = {}

    def shift(photo: Photo) -> Photo:
        if photo.photo_id in shifted and photo.edits.taken_at == shifted[photo.photo_id]:
            return photo
        after = lifecycle.shift_time(photo, by)
        assert isinstance(after.edits.taken_at, OwnTime)
        shifted[photo.photo_id] = after.edits.taken_at
        return after

    return edit_by(shift)


def trash(photo: Photo, now: datetime, actor: str) -> Change:
    return next_version(photo, lifecycle.trash(photo, now), now, ChangeAction.TRASHED, actor)


def restore(photo: Photo, now: datetime, actor: str) -> Change:
    return next_version(photo, lifecycle.restore(photo), now, ChangeAction.RESTORED, actor)


def once_by(job_id: str, transition: Transition) -> Transition:
    """Return the transition as one that a job makes once, however often it is repeated.

    A photo that it changes has the job's id from the same write on.
    """

    def mark(photo: Photo, now: datetime, actor: str) -> Change:
        if job_id in photo.jobs:
            return Change(photo)
        change = transition(photo, now, actor)
        if change.photo.version == photo.version:
            return change
        jobs = (*photo.jobs, job_id)[-_MAX_JOBS:]
        return replace(change, photo=replace(change.photo, jobs=jobs))

    return mark
