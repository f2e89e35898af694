"""Events in: uploads of both lanes, reprocessing, purges."""

from typing import Final

from pichaven_chassis.events import EventBroker, EventRouter, Meta
from pichaven_contracts.photo import Lane, PhotoPurged, PhotoReprocessRequested, PhotoUploaded
from pichaven_contracts.topics import COMMANDS, UPLOAD, UPLOAD_BULK
from pichaven_processing.container import EventContainer
from pichaven_processing.settings import ProcessingSettings

INTERACTIVE_GROUP: Final = "processing"
BULK_GROUP: Final = "processing-bulk"
COMMANDS_GROUP: Final = "processing-commands"
_MAX_CONSUMERS: Final = 8
_COMMAND_CONSUMERS: Final = 2
_TRANSFER_S: Final = 300

router: Final = EventRouter("processing")


@router.on(UPLOAD, PhotoUploaded, group=INTERACTIVE_GROUP)
@router.on(UPLOAD_BULK, PhotoUploaded, group=BULK_GROUP)
async def process_photo(event: PhotoUploaded, meta: Meta, container: EventContainer) -> None:
    await container.process_photo(event, cause=meta, lane=event.lane)


@router.on(COMMANDS, PhotoReprocessRequested, group=COMMANDS_GROUP)
async def reprocess_photo(
    event: PhotoReprocessRequested, meta: Meta, container: EventContainer
) -> None:
    # Reprocessing many photos must not delay an upload.
    await container.process_photo(event.original, cause=meta, lane=Lane.BULK, reprocess=True)


@router.on(COMMANDS, PhotoPurged, group=COMMANDS_GROUP)
async def purge_photo(event: PhotoPurged, container: EventContainer) -> None:
    await container.purge_photo(event.owner_id, event.photo_id)


def configure(broker: EventBroker, settings: ProcessingSettings) -> None:
    """Set the consumers of each group, and how long handling may take."""
    # As many consumers as the gate has slots.
    consumers = min(settings.workers + 1, _MAX_CONSUMERS)
    # Waiting at the gate counts: at most the longest wait of bulk and one picture before.
    max_handling_s = settings.bulk_max_wait_s + 2 * settings.timeout_s + _TRANSFER_S
    for group in (INTERACTIVE_GROUP, BULK_GROUP):
        broker.configure(group, workers=consumers, max_handling_s=max_handling_s)
    broker.configure(COMMANDS_GROUP, workers=_COMMAND_CONSUMERS, max_handling_s=max_handling_s)
