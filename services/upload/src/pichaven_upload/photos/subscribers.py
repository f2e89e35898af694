"""Events in: what processing and the library report of a photo.

Each handler may get an event twice, and late.
"""

from typing import Final

from pichaven_chassis.events import EventRouter
from pichaven_contracts.photo import (
    PROCESSING_FAILED,
    PhotoChanged,
    PhotoProcessed,
    PhotoPurged,
    PhotoRejected,
)
from pichaven_contracts.topics import COMMANDS, LIBRARY, PROCESSING
from pichaven_upload.container import EventContainer

router: Final = EventRouter("upload")


@router.on(PROCESSING, PhotoProcessed, group="upload")
async def verify_photo(event: PhotoProcessed, container: EventContainer) -> None:
    await container.verify_photo(event.photo_id, event.revision, event.object_key, event.sha256)


@router.on(PROCESSING, PhotoRejected, group="upload")
async def reject_photo(event: PhotoRejected, container: EventContainer) -> None:
    # Where the bytes are not to blame they stay, so that the photo can be processed again.
    if event.code != PROCESSING_FAILED:
        await container.reject_photo(event.photo_id, event.revision)


@router.on(COMMANDS, PhotoPurged)
async def purge_photo(event: PhotoPurged, container: EventContainer) -> None:
    await container.purge_photo(event.photo_id)


@router.on(LIBRARY, PhotoChanged)
async def track_library(event: PhotoChanged, container: EventContainer) -> None:
    await container.track_trash(event.photo_id, in_trash=event.trashed, version=event.version)
    ready_revision = event.revision if event.status == "ready" else None
    await container.confirm_photo(event.photo_id, ready_revision=ready_revision)


@router.on_tombstone(LIBRARY)
async def purge_removed_photo(photo_id: str, container: EventContainer) -> None:
    # The tombstone stays in its topic when the command has left its own.
    await container.purge_photo(photo_id)
