"""Events for the streams of this process; for the api."""

from typing import Final

from pichaven_chassis.events import EventRouter, Meta
from pichaven_contracts.photo import PhotoChanged, PhotoProgressed
from pichaven_contracts.topics import LIBRARY, PROGRESS, UPLOAD
from pichaven_contracts.upload import UploadFailed
from pichaven_gallery.activity.channel_hub import PhotoUpdate, StepUpdate, UploadFailure
from pichaven_gallery.container import EventContainer
from pichaven_gallery.photos.steps import service_name

router: Final = EventRouter("gallery")


@router.on_every_replica(LIBRARY, PhotoChanged)
async def publish_change(event: PhotoChanged, container: EventContainer) -> None:
    container.hub.publish(event.owner_id, PhotoUpdate(event))


@router.on_every_replica(PROGRESS, PhotoProgressed)
async def publish_step(event: PhotoProgressed, meta: Meta, container: EventContainer) -> None:
    container.hub.publish(event.owner_id, StepUpdate(event, service_name(meta.source)))


@router.on_every_replica(UPLOAD, UploadFailed)
async def publish_upload_failure(event: UploadFailed, container: EventContainer) -> None:
    container.hub.publish(event.owner_id, UploadFailure(event))


@router.on_tombstone(LIBRARY, every_replica=True)
async def publish_purge(photo_id: str, container: EventContainer) -> None:
    if not container.hub.is_empty:
        await container.stream_purge(photo_id)
