"""What upload hears from others: what became of an original, its trash, and its end."""

from dataclasses import dataclass

from pichaven_chassis.events import EventBroker, EventMeta, Handlers
from pichaven_contracts import topics
from pichaven_contracts.photo import (
    PROCESSING_FAILED,
    PhotoChanged,
    PhotoProcessed,
    PhotoPurged,
    PhotoRejected,
)
from pichaven_upload.photos.commands import EndPhoto, VerifyPhoto
from pichaven_upload.ports import Photos


@dataclass(frozen=True, slots=True)
class Reactions:
    """Handlers by subscription; each may get an event twice, and late."""

    processing: Handlers
    commands: Handlers
    library: Handlers


def reactions(photos: Photos, verify: VerifyPhoto, end: EndPhoto) -> Reactions:
    processing, commands, library = Handlers(), Handlers(), Handlers()

    @processing.on(PhotoProcessed)
    async def processed(event: PhotoProcessed, _meta: EventMeta) -> None:
        await verify(event.photo_id, event.revision, event.object_key, event.sha256)

    @processing.on(PhotoRejected)
    async def rejected(event: PhotoRejected, _meta: EventMeta) -> None:
        # Where the bytes are not to blame they stay, so that the photo can be processed again.
        if event.code != PROCESSING_FAILED:
            await end.reject(event.photo_id, event.revision)

    @commands.on(PhotoPurged)
    async def purged(event: PhotoPurged, _meta: EventMeta) -> None:
        await end.purge(event.photo_id)

    @library.on(PhotoChanged)
    async def changed(event: PhotoChanged, _meta: EventMeta) -> None:
        await photos.shelve(event.photo_id, in_trash=event.trashed, version=event.version)

    return Reactions(processing, commands, library)


def subscribe(broker: EventBroker, heard: Reactions) -> None:
    broker.subscribe(topics.PROCESSING, group="upload", handlers=heard.processing)
    broker.subscribe(topics.COMMANDS, group="upload-commands", handlers=heard.commands)
    broker.subscribe(topics.LIBRARY, group="upload-library", handlers=heard.library)
