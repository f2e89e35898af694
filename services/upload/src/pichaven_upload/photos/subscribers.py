"""Events in: what processing and the library report of a photo.

Each handler may get an event twice, and late.
"""

from collections.abc import Mapping

from pichaven_chassis.events import EventBroker, EventMeta, Handlers
from pichaven_contracts import topics
from pichaven_contracts.photo import (
    PROCESSING_FAILED,
    PhotoChanged,
    PhotoProcessed,
    PhotoPurged,
    PhotoRejected,
)
from pichaven_contracts.topics import Topic
from pichaven_upload.container import Container

_GROUPS: Mapping[Topic, str] = {
    topics.PROCESSING: "upload",
    topics.COMMANDS: "upload-commands",
    topics.LIBRARY: "upload-library",
}


def subscribe(broker: EventBroker, container: Container) -> None:
    for topic, handlers in event_handlers(container).items():
        broker.subscribe(topic, group=_GROUPS[topic], handlers=handlers)


def event_handlers(container: Container) -> Mapping[Topic, Handlers]:
    """Return the handlers by topic."""
    processing, commands, library = Handlers(), Handlers(), Handlers()

    @processing.on(PhotoProcessed)
    async def verify_photo(event: PhotoProcessed, _meta: EventMeta) -> None:
        await container.verify_photo(event.photo_id, event.revision, event.object_key, event.sha256)

    @processing.on(PhotoRejected)
    async def reject_photo(event: PhotoRejected, _meta: EventMeta) -> None:
        # Where the bytes are not to blame they stay, so that the photo can be processed again.
        if event.code != PROCESSING_FAILED:
            await container.reject_photo(event.photo_id, event.revision)

    @commands.on(PhotoPurged)
    async def purge_photo(event: PhotoPurged, _meta: EventMeta) -> None:
        await container.purge_photo(event.photo_id)

    @library.on(PhotoChanged)
    async def track_trash(event: PhotoChanged, _meta: EventMeta) -> None:
        await container.track_trash(event.photo_id, in_trash=event.trashed, version=event.version)

    return {topics.PROCESSING: processing, topics.COMMANDS: commands, topics.LIBRARY: library}
