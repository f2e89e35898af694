"""The reconciler: acts on photos that are stuck or expired."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.logging import get_logger
from pichaven_contracts.photo import PhotoReanalyzeRequested
from pichaven_gallery.photos.change_entry import RECONCILER, ChangeAction
from pichaven_gallery.photos.deadlines import (
    Timeouts,
    analysis_state,
    due_at,
    is_processing_started,
)
from pichaven_gallery.photos.lifecycle import Change, next_version, purge, reprocess_request
from pichaven_gallery.photos.photo import Attempts, LibraryState, Photo, Status
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

_log = get_logger(__name__)
_MAX_PHOTOS: Final = 200


def reconcile(photo: Photo, now: datetime, timeouts: Timeouts) -> Change | None:
    """Return what is due now: a request, a failure, a purge. None if nothing is.

    Expired documents are not changed but deleted by the caller.
    """
    due = due_at(photo, timeouts)
    if due is None or due > now or is_expired_when_due(photo):
        return None
    if photo.library_state is LibraryState.TRASH:
        return purge(photo, now, RECONCILER)
    if photo.status is Status.READY:
        return _request_analysis(photo, now, timeouts)
    attempts = photo.processing_attempts.count
    if attempts >= timeouts.processing_attempts and is_processing_started(photo):
        stalled = replace(photo, stalled=True)
        return next_version(photo, stalled, now, ChangeAction.FAILED, RECONCILER)
    after = replace(photo, processing_attempts=Attempts(attempts + 1, now))
    is_missing = photo.outcome_missing_since is not None
    reason = "its outcome is missing" if is_missing else "processing takes too long"
    return Change(after, (reprocess_request(after, reason),))


def is_expired_when_due(photo: Photo) -> bool:
    """Whether the photo's document is only a note of this service, to be deleted when due.

    A pending photo is not purged: its events say that its upload was accepted, so a missing
    `photo.uploaded` gives no right to remove data.
    """
    return photo.library_state in {LibraryState.PURGED, LibraryState.PENDING}


def _request_analysis(photo: Photo, now: datetime, timeouts: Timeouts) -> Change:
    assert photo.processed is not None
    after = replace(photo, analysis_attempts=Attempts(photo.analysis_attempts.count + 1, now))
    request = PhotoReanalyzeRequested(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        processed=photo.processed,
        reason="no tags yet" if photo.current_analysis else "no analysis yet",
    )
    if analysis_state(photo, timeouts) == analysis_state(after, timeouts):
        return Change(after, (request,))
    # Clients see that the analysis is unavailable, so it is a new version.
    change = next_version(None, after, now, ChangeAction.TAGGING_UNAVAILABLE, RECONCILER)
    return replace(change, events=(*change.events, request))


class ReconcilePhotos:
    """Sweep what is due. Any number of replicas may sweep: each change is decided on the photo
    as stored, so no request is made twice."""

    def __init__(self, photos: PhotoRepository, clock: Clock, timeouts: Timeouts) -> None:
        self._photos = photos
        self._clock = clock
        self._timeouts = timeouts

    async def __call__(self) -> Sweep:
        now = self._clock()
        photos = await self._photos.due(now, limit=_MAX_PHOTOS)
        for photo in photos:
            due = due_at(photo, self._timeouts)
            if due is None or due > now:
                await self._photos.reschedule(photo)
            elif is_expired_when_due(photo):
                if photo.library_state is LibraryState.PENDING:
                    _log.warning("pending_photo_expired", photo_id=photo.photo_id)
                await self._photos.delete_stub(photo)
            else:
                await self._photos.change(photo.photo_id, self._decide)
                _log.info("photo_reconciled", photo_id=photo.photo_id, status=photo.status.value)
        return Sweep(len(photos), has_more=len(photos) == _MAX_PHOTOS)

    def _decide(self, photo: Photo | None) -> Change | None:
        return reconcile(photo, self._clock(), self._timeouts) if photo else None
