"""Events for the streams of this process; for the api."""

from functools import partial

from pichaven_chassis.events import Delivery, EventBroker, Tombstone
from pichaven_contracts.photo import PhotoChanged, PhotoProgressed
from pichaven_contracts.topics import LIBRARY, PROGRESS, UPLOAD
from pichaven_contracts.upload import UploadFailed
from pichaven_gallery.activity.channel_hub import PhotoUpdate, StepUpdate, UploadFailure
from pichaven_gallery.container import Container
from pichaven_gallery.photos.steps import service_name


def subscribe(broker: EventBroker, container: Container) -> None:
    broker.subscribe_fanout(
        PROGRESS,
        LIBRARY,
        UPLOAD,
        handle=partial(on_event, container),
        types={PhotoChanged, PhotoProgressed, UploadFailed},
    )
    # HTTP is served before Kafka is connected.
    broker.when_started(container.hub.resync)


async def on_event(container: Container, delivery: Delivery) -> None:
    hub = container.hub
    if hub.is_empty:
        return
    match delivery.event:
        case PhotoChanged() as photo:
            hub.publish(photo.owner_id, PhotoUpdate(photo))
        case PhotoProgressed() as progress:
            service = service_name(delivery.meta.source)
            hub.publish(progress.owner_id, StepUpdate(progress, service))
        case UploadFailed() as failure:
            hub.publish(failure.owner_id, UploadFailure(failure))
        case Tombstone() as tombstone if tombstone.topic is LIBRARY:
            await container.publish_purge(tombstone.key)
