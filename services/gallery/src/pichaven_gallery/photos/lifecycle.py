"""A photo's changes at its owner's wish, and how each change gets its version and event.

Functions from a photo to a photo return the same photo when nothing changes; all may be repeated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pichaven_chassis.display_text import clean_line
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoEvent,
    PhotoPurged,
    PhotoReprocessRequested,
)
from pichaven_gallery.photos.capture_time import in_zone, is_editable, whole_ms
from pichaven_gallery.photos.change_entry import ChangeAction, ChangeEntry
from pichaven_gallery.photos.edits import UNSET, EditPatch, OwnTime, apply_patch
from pichaven_gallery.photos.errors import TimeOutOfRange
from pichaven_gallery.photos.photo import Attempts, LibraryState, Photo, public_state
from pichaven_gallery.photos.tile import caption_of


@dataclass(frozen=True, slots=True)
class Change:
    """A photo's next state, the events to publish with it, and its entry in the change log."""

    photo: Photo
    events: tuple[PhotoEvent, ...] = ()
    entry: ChangeEntry | None = None
    """Of every change that gives a new version."""


_FACTS: Final = (
    *("revision", "width", "height", "exif", "blurhash", "phash", "palette", "variants"),
)
"""Taken over from the processed event."""

Decide = Callable[[Photo | None], Change | None]
"""From the photo as stored to its change; None leaves it. Called again after a conflict."""


def edit(photo: Photo, patch: EditPatch) -> Photo:
    edits = apply_patch(photo.edits, patch, photo.tags)
    return photo if edits == photo.edits else replace(photo, edits=edits)


def shift_time(photo: Photo, by: timedelta) -> Photo:
    """Return the photo with its wall time shifted. Raises `TimeOutOfRange`."""
    time = photo.capture_time
    try:
        local = time.local + by
    except OverflowError:
        raise TimeOutOfRange from None
    # An offset that is derived anew follows the season; one that was given stays.
    offset = time.offset if time.source in {"user", "client"} else None
    return _with_time(photo, OwnTime(local, offset))


def set_time_zone(photo: Photo, zone: str) -> Photo:
    """Return the photo with its time in an IANA zone or at an offset. Raises `TimeOutOfRange`.

    The clock's time stays; where no clock is known, the instant.
    """
    time = in_zone(photo.capture_time, zone, keep_instant=photo.is_instant_known)
    return _with_time(photo, OwnTime(time.local, time.offset))


def _with_time(photo: Photo, time: OwnTime) -> Photo:
    if not is_editable(time.local):
        raise TimeOutOfRange
    return edit(photo, EditPatch(taken_at=time))


def with_home_zone(photo: Photo, zone: str | None) -> Photo:
    return photo if photo.home_zone == zone else replace(photo, home_zone=zone)


def trash(photo: Photo, now: datetime) -> Photo:
    return photo if photo.trashed_at else replace(photo, trashed_at=now)


def restore(photo: Photo) -> Photo:
    return replace(photo, trashed_at=None) if photo.trashed_at else photo


def request_reprocessing(photo: Photo, now: datetime, reason: str) -> Change:
    """Return the photo as being processed again, and the request to do so."""
    rejected = photo.rejected
    after = replace(
        photo,
        stalled=False,
        processing_attempts=Attempts(0, now),
        outcome_missing_since=None,
    )
    if rejected is not None:
        after = replace(after, rejections_ignored_until=rejected.occurred_at)
    return Change(after, (reprocess_request(after, reason),))


def reprocess_request(photo: Photo, reason: str) -> PhotoReprocessRequested:
    assert photo.original is not None
    return PhotoReprocessRequested(
        photo_id=photo.photo_id, owner_id=photo.owner_id, original=photo.original, reason=reason
    )


def purge(photo: Photo, now: datetime, actor: str) -> Change:
    """Return the photo's stub and the command to remove its data everywhere.

    A stub stays as it is and the command is repeated: data was written after the first one.
    """
    command = PhotoPurged(photo_id=photo.photo_id, owner_id=photo.owner_id)
    if photo.library_state is LibraryState.PURGED:
        return Change(photo, (command,))
    stub = Photo(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        first_seen_at=photo.first_seen_at,
        seq=photo.seq,
        version=photo.version + 1,
        purged_at=now,
        changed_at=_next_change_time(photo.changed_at, now),
    )
    return Change(stub, (command,), _entry(stub, ChangeAction.PURGED, actor))


def next_version(
    before: Photo | None, after: Photo, now: datetime, action: ChangeAction, actor: str
) -> Change:
    """Return the photo with a new version, its event and entry, if clients can see a difference."""
    if not after.visible:
        return Change(after)
    if before is not None and before.visible and public_state(before) == public_state(after):
        return Change(after)
    changed_at = _next_change_time(after.changed_at, now)
    versioned = replace(after, version=after.version + 1, changed_at=changed_at)
    return Change(versioned, (to_changed_event(versioned),), _entry(versioned, action, actor))


def _entry(photo: Photo, action: ChangeAction, actor: str) -> ChangeEntry:
    assert photo.changed_at is not None
    return ChangeEntry(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        at=photo.changed_at,
        version=photo.version,
        action=action,
        actor=actor,
    )


def to_changed_event(photo: Photo) -> PhotoChanged:
    """Return the full public state; its time is the time of the change."""
    original, processed, edits = photo.original, photo.processed, photo.edits
    assert original is not None and photo.created_at is not None and photo.changed_at is not None
    file, capture_time = processed or original, photo.capture_time
    return PhotoChanged(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        occurred_at=photo.changed_at,
        version=photo.version,
        status=photo.status.value,
        trashed=photo.library_state is LibraryState.TRASH,
        filename=original.filename,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        taken_at=capture_time.instant,
        taken_at_local=capture_time.local,
        taken_at_offset=capture_time.offset_text,
        taken_at_source=capture_time.source,
        created_at=photo.created_at,
        favorite=edits.favorite,
        title=clean_line(processed.title or "") or None if processed else None,
        caption=caption_of(photo),
        rating=_value_or(edits.rating, processed.rating if processed else None),
        tags=photo.tags,
        location=photo.location,
        original_key=file.object_key,
        sidecar_key=original.sidecar_key,
        **{name: getattr(processed, name) for name in _FACTS if processed},
    )


def _value_or(edit: Any, default: Any) -> Any:
    return default if edit is UNSET else edit


def _next_change_time(previous: datetime | None, now: datetime) -> datetime:
    """Return a later time even where clocks disagree, so that a resumed stream sees the change."""
    now = whole_ms(now)
    return now if previous is None or now > previous else previous + timedelta(milliseconds=1)
