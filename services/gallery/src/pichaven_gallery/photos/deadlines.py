"""How long each state of a photo may last before the reconciler acts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pichaven_contracts.photo import Lane
from pichaven_gallery.photos.photo import Photo, Status
from pichaven_gallery.photos.steps import PROCESSING

_MAX_ANALYSIS_WAIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timeouts:
    processing: timedelta = timedelta(minutes=5)
    """Since the last progress of a photo whose processing has started; doubles each attempt."""
    queue: timedelta = timedelta(minutes=30)
    """Of a photo without progress: it most likely waits in the queue, which requests lengthen."""
    missing_outcome: timedelta = timedelta(minutes=1)
    """Since what follows on the outcome came without it; doubles each attempt."""
    bulk_factor: int = 12
    """Bulk imports wait in a long queue."""
    processing_attempts: int = 5
    analysis: timedelta = timedelta(minutes=10)
    analysis_attempts: int = 5
    """After these the analysis counts as unavailable; requests go on."""
    trash: timedelta = timedelta(days=30)
    stub: timedelta = timedelta(days=45)
    """Longer than an event can wait in topics and as a dead letter."""
    pending: timedelta = timedelta(days=45)
    """Likewise: `photo.uploaded` may be a dead letter that is redriven."""


def analysis_state(photo: Photo, timeouts: Timeouts) -> Literal["pending", "done", "unavailable"]:
    if photo.current_analysis is not None:
        return "done"
    attempts = photo.analysis_attempts.count
    return "unavailable" if attempts >= timeouts.analysis_attempts else "pending"


def due_at(photo: Photo, timeouts: Timeouts) -> datetime | None:
    """Return when the reconciler must look at the photo; None if nothing is missing."""
    if photo.purged_at is not None:
        return photo.purged_at + timeouts.stub
    if photo.original is None:
        return photo.first_seen_at + timeouts.pending
    if photo.trashed_at is not None:
        return photo.trashed_at + timeouts.trash
    if photo.status is Status.PROCESSING:
        attempts = min(photo.processing_attempts.count, timeouts.processing_attempts)
        missing_since = photo.outcome_missing_since
        if missing_since is not None:
            requested_at = photo.processing_attempts.last_at or missing_since
            return max(missing_since, requested_at) + timeouts.missing_outcome * (1 << attempts)
        wait = timeouts.processing if is_processing_started(photo) else timeouts.queue
        wait *= timeouts.bulk_factor if photo.original.lane is Lane.BULK else 1
        return _last_sign_of_life(photo) + wait * (1 << attempts)
    if photo.status is Status.READY and not photo.is_tagged:
        analysis = photo.analysis_attempts
        assert photo.processed is not None
        if photo.current_analysis is not None and analysis.count >= timeouts.analysis_attempts:
            # The model has analysed the photo; tags alone were unavailable each time.
            return None
        wait = min(timeouts.analysis * (1 << 2 * min(analysis.count, 10)), _MAX_ANALYSIS_WAIT)
        return (analysis.last_at or photo.processed.occurred_at) + wait
    return None


def is_processing_started(photo: Photo) -> bool:
    """Whether processing has sent progress of this original since the last request."""
    requested_at = photo.processing_attempts.last_at
    return any(
        step.service == PROCESSING
        and step.revision == photo.revision
        and (requested_at is None or step.at > requested_at)
        for step in photo.steps.values()
    )


def _last_sign_of_life(photo: Photo) -> datetime:
    """Return the time of the upload, the last request or the last step, the latest of them."""
    assert photo.original is not None
    steps = [step.at for step in photo.steps.values() if step.revision == photo.revision]
    requested_at = photo.processing_attempts.last_at
    requests = [requested_at] if requested_at else []
    return max([photo.original.occurred_at, photo.first_seen_at, *requests, *steps])
