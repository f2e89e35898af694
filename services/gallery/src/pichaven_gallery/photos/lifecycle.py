"""What events and owners do to a photo, as functions from a photo to a photo.

Each returns the same photo when there is nothing new; all may be repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoChanged,
    PhotoEvent,
    PhotoProcessed,
    PhotoPurged,
    PhotoReprocessRequested,
    PhotoUploaded,
)
from pichaven_gallery.photos.edits import UNSET, Revision, revised
from pichaven_gallery.photos.errors import AnotherOwner
from pichaven_gallery.photos.photo import (
    Analysis,
    Asking,
    Outcome,
    Photo,
    Shelf,
    Status,
    analysis_of,
    public_state,
    whole_ms,
)
from pichaven_gallery.photos.steps import Step, with_steps


@dataclass(frozen=True, slots=True)
class Change:
    """A photo as it is to be, and what is to be told of it."""

    photo: Photo
    events: tuple[PhotoEvent, ...] = ()


def met(known: Photo | None, event: PhotoEvent, now: datetime) -> Photo:
    """The photo that an event is about, new if nobody knew it. Raises `AnotherOwner`."""
    if known is None:
        return Photo(photo_id=event.photo_id, owner_id=event.owner_id, first_seen_at=now)
    if known.owner_id != event.owner_id:
        raise AnotherOwner(f"{event.photo_id} is not of {event.owner_id}")
    return known


def with_original(photo: Photo, event: PhotoUploaded) -> Photo:
    accepted = whole_ms(event.occurred_at)
    made = photo
    if made.created_at is None or accepted < made.created_at:
        made = replace(made, created_at=accepted)
    if made.original is None or _age(event) > _age(made.original):
        newer = made.original is not None and event.revision > made.original.revision
        made = replace(made, original=event)
        if newer:
            made = replace(made, processing_asked=Asking(), stalled=False)
    return made


def with_outcome(photo: Photo, event: Outcome) -> Photo:
    if photo.outcome is not None and _age(event) <= _age(photo.outcome):
        return photo
    return replace(photo, outcome=event, analysis_asked=Asking())


def with_analysis(photo: Photo, event: PhotoAnalyzed) -> Photo:
    if event.candidate:
        # Tags follow the model in force; with two of them running they would go to and fro.
        return photo
    found = analysis_of(event)
    if photo.analysis is not None and _analysis_age(found) <= _analysis_age(photo.analysis):
        return photo
    return replace(photo, analysis=found)


def with_progress(photo: Photo, told: Iterable[Step]) -> Photo:
    steps = with_steps(photo.steps, told)
    return photo if steps == photo.steps else replace(photo, steps=steps)


def edited(photo: Photo, asked: Revision) -> Photo:
    edits = revised(photo.edits, asked, photo.tags)
    return photo if edits == photo.edits else replace(photo, edits=edits)


def trashed(photo: Photo, now: datetime) -> Photo:
    return photo if photo.trashed_at else replace(photo, trashed_at=now)


def restored(photo: Photo) -> Photo:
    return replace(photo, trashed_at=None) if photo.trashed_at else photo


def asked_again(photo: Photo, now: datetime, reason: str) -> Change:
    """The photo with its processing asked for anew, at its owner's wish."""
    assert photo.original is not None
    refused = photo.rejected
    made = replace(photo, stalled=False, processing_asked=Asking(0, now))
    if refused is not None:
        made = replace(made, disregarded=refused.occurred_at)
    return Change(made, (reprocessing(made, reason),))


def reprocessing(photo: Photo, reason: str) -> PhotoReprocessRequested:
    assert photo.original is not None
    return PhotoReprocessRequested(
        photo_id=photo.photo_id, owner_id=photo.owner_id, original=photo.original, reason=reason
    )


def purged(photo: Photo, now: datetime) -> Change:
    """Only a stub of the photo, and the order to remove its data everywhere.

    For a photo that is purged already this is the order alone, given again: something of it
    was written after the first one.
    """
    order = PhotoPurged(photo_id=photo.photo_id, owner_id=photo.owner_id)
    if photo.shelf is Shelf.PURGED:
        return Change(photo, (order,))
    stub = Photo(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        first_seen_at=photo.first_seen_at,
        seq=photo.seq,
        version=photo.version + 1,
        purged_at=now,
        changed_at=_later(photo.changed_at, now),
    )
    return Change(stub, (order,))


def announced(before: Photo | None, after: Photo, now: datetime) -> Change:
    """The photo with a new version and its event, if clients can see that it changed."""
    if not after.visible:
        return Change(after)
    if before is not None and before.visible and public_state(before) == public_state(after):
        return Change(after)
    made = replace(after, version=after.version + 1, changed_at=_later(after.changed_at, now))
    return Change(made, (changed_event(made),))


def changed_event(photo: Photo) -> PhotoChanged:
    """The full public state; its time is the time of the change."""
    original, made, edits = photo.original, photo.processed, photo.edits
    assert original is not None and photo.created_at is not None and photo.changed_at is not None
    return PhotoChanged(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        occurred_at=photo.changed_at,
        version=photo.version,
        status=photo.status.value,
        trashed=photo.shelf is Shelf.TRASH,
        filename=original.filename,
        content_type=made.content_type if made else original.content_type,
        size=made.size if made else original.size,
        sha256=made.sha256 if made else original.sha256,
        taken_at=photo.taken_at,
        created_at=photo.created_at,
        favorite=edits.favorite,
        caption=_said(edits.caption, made.caption if made else None),
        rating=_said(edits.rating, made.rating if made else None),
        tags=photo.tags,
        location=_said(edits.location, made.location if made else None),
        original_key=made.object_key if made else original.object_key,
        **(_facts(made) if made else {}),
    )


def _facts(made: PhotoProcessed) -> dict[str, Any]:
    return {
        "revision": made.revision,
        "width": made.width,
        "height": made.height,
        "exif": made.exif,
        "blurhash": made.blurhash,
        "phash": made.phash,
        "palette": made.palette,
        "variants": made.variants,
    }


def _said(edit: Any, default: Any) -> Any:
    return default if edit is UNSET else edit


def _later(known: datetime | None, now: datetime) -> datetime:
    """Moves forward even where clocks do not agree, so that a resumed reader sees the change."""
    now = whole_ms(now)
    return now if known is None or now > known else known + timedelta(milliseconds=1)


def _age(event: PhotoUploaded | Outcome) -> tuple[int, datetime, bool, str]:
    # The last two only decide between different events of one moment, the same way everywhere.
    made = isinstance(event, PhotoProcessed)
    return event.revision, event.occurred_at, made, event.model_dump_json()


def _analysis_age(found: Analysis) -> tuple[int, bool, datetime, str]:
    return found.revision, found.tagging == "done", found.at, f"{found.model} {found.tags}"


def is_under_way(photo: Photo) -> bool:
    return photo.shelf is Shelf.LIBRARY and photo.status is Status.PROCESSING
