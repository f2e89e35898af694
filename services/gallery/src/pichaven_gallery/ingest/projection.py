"""The photo as a projection of events: pure functions from a photo and an event to a photo.

Each event replaces its own section of the photo, if it is newer. All may be repeated and come in
any order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pichaven_contracts.photo import (
    PhotoEvent,
    PhotoProcessed,
    PhotoProgressed,
    PhotoRejected,
    PhotoTagged,
    PhotoTextRead,
    PhotoUploaded,
    ProgressState,
)
from pichaven_gallery.photos.analysis import Analysis
from pichaven_gallery.photos.capture_time import whole_ms
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.lifecycle import Change, next_version, purge, with_home_zone
from pichaven_gallery.photos.photo import Attempts, LibraryState, Outcome, Photo, Status
from pichaven_gallery.photos.recognised_text import RecognisedText
from pichaven_gallery.photos.steps import ML, PROCESSING, READ_TEXT, Step, merge_steps

SourceEvent = PhotoUploaded | PhotoProcessed | PhotoRejected | PhotoTagged | PhotoTextRead


class OwnerMismatch(Exception):
    """Raised when an event names another owner than the photo has."""


def apply(
    photo: Photo | None, event: SourceEvent, now: datetime, *, home_zone: str | None = None
) -> Change:
    """Return the photo after the event, versioned if clients can see a difference.

    `home_zone` is its owner's at present.

    For a purged photo the purge is repeated: its sender has written data after the first one.
    Raises `OwnerMismatch`.
    """
    before = photo_of(photo, event, now)
    service = event.topic.producers[0]
    if before.library_state is LibraryState.PURGED:
        return purge(before, now, service)
    base = with_home_zone(before, home_zone)
    match event:
        case PhotoUploaded():
            after, action = with_original(base, event), ChangeAction.UPLOADED
        case PhotoProcessed():
            after, action = with_outcome(base, event), ChangeAction.PROCESSED
        case PhotoRejected():
            after, action = with_outcome(base, event), ChangeAction.FAILED
        case PhotoTagged():
            after, action = with_analysis(base, event), ChangeAction.TAGGED
            if event.state == "unavailable":
                action = ChangeAction.TAGGING_UNAVAILABLE
        case PhotoTextRead():
            # It ends its step, whose progress may be lost. As steps it gives no new version:
            # it is shown with the photo alone, and search has it from the same event.
            steps = with_steps(before, [Step.from_event(_to_progress(event), ML)])
            return Change(note_missing_outcome(with_text(steps, event), now))
    return next_version(photo, note_missing_outcome(after, now), now, action, service)


def apply_progress(
    photo: Photo | None, progress: Sequence[tuple[PhotoProgressed, str]], now: datetime
) -> Change | None:
    """Return the photo with the steps of events, each with its service; gives no new version.

    Steps of another owner's or an earlier original's photo are dropped. Where processing has begun
    with a purged photo the purge is repeated: of an attempt that was killed after it, variants may
    be left, and an attempt without the original ends in no other event.
    """
    before = photo or photo_of(None, progress[0][0], now)
    if before.library_state is LibraryState.PURGED:
        is_in_work = any(
            service == PROCESSING and event.owner_id == before.owner_id
            for event, service in progress
        )
        return purge(before, now, PROCESSING) if is_in_work else None
    steps = [
        Step.from_event(event, service)
        for event, service in progress
        if event.owner_id == before.owner_id and event.revision >= before.revision
    ]
    return Change(note_missing_outcome(with_steps(before, steps), now))


def note_missing_outcome(photo: Photo, now: datetime) -> Photo:
    """Return the photo with the moment at which its outcome was first seen to be missing.

    Topics race, so the outcome most often follows within a second; the reconciler waits longer.
    The moment is that of seeing it: after an outage all of a photo's events may be old.
    """
    missing = photo.status is Status.PROCESSING and photo.is_past_processing
    if missing == (photo.outcome_missing_since is not None):
        return photo
    return replace(photo, outcome_missing_since=whole_ms(now) if missing else None)


def photo_of(photo: Photo | None, event: PhotoEvent, now: datetime) -> Photo:
    """Return the event's photo, a new one if there is none yet. Raises `OwnerMismatch`."""
    if photo is None:
        return Photo(photo_id=event.photo_id, owner_id=event.owner_id, first_seen_at=now)
    if photo.owner_id != event.owner_id:
        raise OwnerMismatch(f"{event.photo_id} does not belong to {event.owner_id}")
    return photo


def with_original(photo: Photo, event: PhotoUploaded) -> Photo:
    uploaded_at = whole_ms(event.occurred_at)
    after = photo
    if after.created_at is None or uploaded_at < after.created_at:
        after = replace(after, created_at=uploaded_at)
    if after.original is None or _age(event) > _age(after.original):
        replaced = after.original is not None and event.revision > after.original.revision
        after = replace(after, original=event)
        if replaced:
            after = replace(after, processing_attempts=Attempts(), stalled=False)
    return after


def with_outcome(photo: Photo, event: Outcome) -> Photo:
    if photo.outcome is not None and _age(event) <= _age(photo.outcome):
        return photo
    return replace(photo, outcome=event, analysis_attempts=Attempts())


def with_analysis(photo: Photo, event: PhotoTagged) -> Photo:
    analysis = Analysis.from_event(event)
    if photo.analysis is not None and analysis.age <= photo.analysis.age:
        return photo
    return replace(photo, analysis=analysis)


def with_text(photo: Photo, event: PhotoTextRead) -> Photo:
    text = RecognisedText.from_event(event)
    if photo.recognised_text is not None and text.age <= photo.recognised_text.age:
        return photo
    return replace(photo, recognised_text=text)


def with_steps(photo: Photo, updates: Iterable[Step]) -> Photo:
    steps = merge_steps(photo.steps, updates)
    return photo if steps == photo.steps else replace(photo, steps=steps)


def _to_progress(event: PhotoTextRead) -> PhotoProgressed:
    done = event.state == "done"
    return PhotoProgressed(
        photo_id=event.photo_id,
        owner_id=event.owner_id,
        occurred_at=event.occurred_at,
        revision=event.revision,
        step=READ_TEXT,
        state=ProgressState.DONE if done else ProgressState.FAILED,
        percent=100,
        message=None if done else "Text could not be read.",
    )


def _age(event: PhotoUploaded | Outcome) -> tuple[int, datetime, bool, str]:
    # The last two only order different events of one moment, the same way in every process.
    is_processed = isinstance(event, PhotoProcessed)
    return event.revision, event.occurred_at, is_processed, event.model_dump_json()
