"""Events to use cases."""

from pichaven_chassis.events import EventMeta, Handlers
from pichaven_contracts.photo import Lane, PhotoPurged, PhotoReprocessRequested, PhotoUploaded
from pichaven_processing.photos.process_photo import ProcessPhoto
from pichaven_processing.photos.purge_photo import RemoveDerived


def upload_handlers(process: ProcessPhoto) -> Handlers:
    """Of both lanes: the event says which it belongs to."""
    handlers = Handlers()

    @handlers.on(PhotoUploaded)
    async def process_upload(event: PhotoUploaded, meta: EventMeta) -> None:
        await process(event, cause=meta, lane=event.lane)

    return handlers


def command_handlers(process: ProcessPhoto, remove: RemoveDerived) -> Handlers:
    handlers = Handlers()

    @handlers.on(PhotoReprocessRequested)
    async def process_anew(event: PhotoReprocessRequested, meta: EventMeta) -> None:
        # Whoever asks for many photos anew must not hold up somebody's upload.
        await process(event.original, cause=meta, lane=Lane.BULK, again=True)

    @handlers.on(PhotoPurged)
    async def remove_derived(event: PhotoPurged, _meta: EventMeta) -> None:
        await remove(event.owner_id, event.photo_id)

    return handlers
