"""When a photo needs looking after, and what is done then."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pichaven_contracts.photo import Lane, PhotoReanalyzeRequested
from pichaven_gallery.photos.lifecycle import Change, announced, purged, reprocessing
from pichaven_gallery.photos.photo import Asking, Photo, Shelf, Status
from pichaven_gallery.photos.steps import PROCESSING

_LONGEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each state may last."""

    processing: timedelta = timedelta(minutes=5)
    """Of a photo whose processing was heard of: silence then means that something broke."""
    queue: timedelta = timedelta(minutes=30)
    """Of a photo whose processing has told nothing yet: most likely it waits for its turn, and
    asking again only makes the queue longer."""
    bulk_factor: int = 12
    """A photo of a bulk import waits in a long queue, which is no fault."""
    processing_asks: int = 5
    analysis: timedelta = timedelta(minutes=10)
    analysis_asks: int = 5
    """After so many the analysis counts as unavailable; it is asked for all the same."""
    trash: timedelta = timedelta(days=30)
    stub: timedelta = timedelta(days=45)
    """Longer than an event can wait in topics and among the dead letters."""
    pending: timedelta = timedelta(days=45)
    """As long: the upload's event may lie among the dead letters, and be sent again."""


def analysis_state(photo: Photo, patience: Patience) -> str:
    """`done`, `pending`, or `unavailable` when it has been waited for in vain."""
    if photo.seen is not None:
        return "done"
    return "unavailable" if photo.analysis_asked.times >= patience.analysis_asks else "pending"


def due_at(photo: Photo, patience: Patience) -> datetime | None:
    """When to look at the photo again; None for one that is as it should be."""
    if photo.purged_at is not None:
        return photo.purged_at + patience.stub
    if photo.original is None:
        return photo.first_seen_at + patience.pending
    if photo.trashed_at is not None:
        return photo.trashed_at + patience.trash
    if photo.status is Status.PROCESSING:
        asked = photo.processing_asked
        bulk = photo.original.lane is Lane.BULK
        wait = patience.processing if _is_begun(photo) else patience.queue
        wait *= patience.bulk_factor if bulk else 1
        return _since(photo, asked) + wait * (1 << min(asked.times, patience.processing_asks))
    if photo.status is Status.READY and not _is_tagged(photo):
        asked = photo.analysis_asked
        assert photo.processed is not None
        if photo.seen is not None and asked.times >= patience.analysis_asks:
            # It can be found by what it shows; only tags are missing, as they were each time.
            return None
        wait = min(patience.analysis * (1 << 2 * min(asked.times, 10)), _LONGEST)
        return (asked.at or photo.processed.occurred_at) + wait
    return None


def is_forgettable(photo: Photo) -> bool:
    """Once due, only this service's own note of the photo goes.

    Nobody may order data away because an event is missing: what was heard of a pending photo
    says that its upload was accepted.
    """
    return photo.shelf in {Shelf.PURGED, Shelf.PENDING}


def swept(photo: Photo, now: datetime, patience: Patience) -> Change | None:
    """What is due now: a request, a failure by name, a purge. None: nothing is, or is left.

    What is only to be forgotten is not changed but deleted by the caller.
    """
    due = due_at(photo, patience)
    if due is None or due > now or is_forgettable(photo):
        return None
    if photo.shelf is Shelf.TRASH:
        return purged(photo, now)
    if photo.status is Status.READY:
        assert photo.processed is not None
        asked = Asking(photo.analysis_asked.times + 1, now)
        request = PhotoReanalyzeRequested(
            photo_id=photo.photo_id,
            owner_id=photo.owner_id,
            processed=photo.processed,
            reason="no tags yet" if photo.seen else "no analysis yet",
        )
        made = replace(photo, analysis_asked=asked)
        return _told(photo, made, now, patience, request)
    asked = photo.processing_asked
    if asked.times >= patience.processing_asks and _is_begun(photo):
        return announced(photo, replace(photo, stalled=True), now)
    made = replace(photo, processing_asked=Asking(asked.times + 1, now))
    return Change(made, (reprocessing(made, "processing takes too long"),))


def _told(
    before: Photo, after: Photo, now: datetime, patience: Patience, request: PhotoReanalyzeRequested
) -> Change:
    if analysis_state(before, patience) == analysis_state(after, patience):
        return Change(after, (request,))
    # Giving up is visible, so it is a new version.
    version = announced(None, after, now)
    return Change(version.photo, (*version.events, request))


def _is_begun(photo: Photo) -> bool:
    """Processing has told of this original since it was last asked for."""
    asked_at = photo.processing_asked.at
    return any(
        step.service == PROCESSING
        and step.revision == photo.revision
        and (asked_at is None or step.at > asked_at)
        for step in photo.steps.values()
    )


def _since(photo: Photo, asked: Asking) -> datetime:
    """The last sign of life: the upload, a request, or a step that was told."""
    assert photo.original is not None
    steps = [step.at for step in photo.steps.values() if step.revision == photo.revision]
    asked_at = [asked.at] if asked.at else []
    return max([photo.original.occurred_at, photo.first_seen_at, *asked_at, *steps])


def _is_tagged(photo: Photo) -> bool:
    return photo.seen is not None and photo.seen.tagging == "done"
