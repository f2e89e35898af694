"""Events in: uploads of both lanes, reprocessing, purges."""

from typing import Final

from pichaven_chassis.events import EventBroker, EventMeta, Handlers
from pichaven_contracts.photo import Lane, PhotoPurged, PhotoReprocessRequested, PhotoUploaded
from pichaven_contracts.topics import COMMANDS, UPLOAD, UPLOAD_BULK
from pichaven_processing.container import Container
from pichaven_processing.settings import ProcessingSettings

_MAX_CONSUMERS: Final = 8
_COMMAND_CONSUMERS: Final = 2
_TRANSFER_S: Final = 300


def subscribe(broker: EventBroker, container: Container, settings: ProcessingSettings) -> None:
    """Subscribe to uploads with one group a lane, and to commands."""
    uploads, commands = Handlers(), Handlers()

    @uploads.on(PhotoUploaded)
    async def process_photo(event: PhotoUploaded, meta: EventMeta) -> None:
        await container.process_photo(event, cause=meta, lane=event.lane)

    @commands.on(PhotoReprocessRequested)
    async def reprocess_photo(event: PhotoReprocessRequested, meta: EventMeta) -> None:
        # Reprocessing many photos must not delay an upload.
        await container.process_photo(event.original, cause=meta, lane=Lane.BULK, reprocess=True)

    @commands.on(PhotoPurged)
    async def purge_photo(event: PhotoPurged, _meta: EventMeta) -> None:
        await container.purge_photo(event.owner_id, event.photo_id)

    # As many consumers as the gate has slots.
    consumers = min(settings.workers + 1, _MAX_CONSUMERS)
    # Waiting at the gate counts: at most the patience and one picture before.
    max_handling_s = settings.bulk_patience_s + 2 * settings.timeout_s + _TRANSFER_S
    for topic, group, handlers, workers in (
        (UPLOAD, "processing", uploads, consumers),
        (UPLOAD_BULK, "processing-bulk", uploads, consumers),
        (COMMANDS, "processing-commands", commands, _COMMAND_CONSUMERS),
    ):
        broker.subscribe(
            topic, group=group, handlers=handlers, workers=workers, max_handling_s=max_handling_s
        )
