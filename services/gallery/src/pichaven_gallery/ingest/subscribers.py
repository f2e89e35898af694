"""Events that photos are made of; for workers."""

from typing import Final

from pichaven_chassis.events import Delivery, EventRouter, PermanentError
from pichaven_contracts.photo import (
    PhotoEmbedded,
    PhotoProcessed,
    PhotoProgressed,
    PhotoRejected,
    PhotoTagged,
    PhotoTextRead,
    PhotoUploaded,
)
from pichaven_contracts.topics import (
    EMBEDDINGS,
    PROCESSING,
    PROGRESS,
    TAGS,
    TEXT,
    UPLOAD,
    UPLOAD_BULK,
)
from pichaven_gallery.container import EventContainer
from pichaven_gallery.ingest.projection import OwnerMismatch, SourceEvent
from pichaven_gallery.photos.steps import service_name

router: Final = EventRouter("gallery")


@router.on(UPLOAD, PhotoUploaded)
@router.on(UPLOAD_BULK, PhotoUploaded)
@router.on(PROCESSING, PhotoProcessed, PhotoRejected)
@router.on(TAGS, PhotoTagged)
# The group had another name before texts were stored: it reads the topic once from its beginning,
# so that older photos have theirs.
@router.on(TEXT, PhotoTextRead, group="gallery-picture-text")
async def apply_event(event: SourceEvent, container: EventContainer) -> None:
    try:
        await container.apply_event(event)
    except OwnerMismatch as error:
        raise PermanentError(str(error)) from error


@router.on_tombstone(TEXT, group="gallery-picture-text")
async def forget_text(photo_id: str, container: EventContainer) -> None:
    await container.forget_text(photo_id)


@router.on_batch(PROGRESS, types={PhotoProgressed}, max_records=500)
async def apply_progress(deliveries: list[Delivery], container: EventContainer) -> None:
    await container.apply_progress(
        [
            (delivery.event, service_name(delivery.meta.source))
            for delivery in deliveries
            if isinstance(delivery.event, PhotoProgressed)
        ]
    )


@router.on_batch(EMBEDDINGS, types={PhotoEmbedded}, max_records=500)
async def repeat_purges(deliveries: list[Delivery], container: EventContainer) -> None:
    # Not for tombstones, which a purge writes itself.
    await container.repeat_purges(
        {
            delivery.event.photo_id
            for delivery in deliveries
            if isinstance(delivery.event, PhotoEmbedded)
        }
    )
