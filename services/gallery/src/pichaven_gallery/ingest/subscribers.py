"""Events that photos are made of; for workers."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from pichaven_chassis.events import Delivery, EventBroker, EventMeta, Handlers, Permanent
from pichaven_contracts.photo import (
    PhotoProcessed,
    PhotoProgressed,
    PhotoRejected,
    PhotoTagged,
    PhotoUploaded,
)
from pichaven_contracts.topics import PROCESSING, PROGRESS, TAGS, UPLOAD, UPLOAD_BULK
from pichaven_gallery.container import Container
from pichaven_gallery.ingest.projection import OwnerMismatch, SourceEvent
from pichaven_gallery.photos.steps import service_name

_MAX_WAIT_MS: Final = 200


def subscribe(broker: EventBroker, container: Container) -> None:
    handlers = event_handlers(container)
    for topic, group in (
        (UPLOAD, "gallery-upload"),
        (UPLOAD_BULK, "gallery-upload-bulk"),
        (PROCESSING, "gallery-processing"),
        (TAGS, "gallery-tags"),
    ):
        broker.subscribe(topic, group=group, handlers=handlers)
    broker.subscribe_batch(
        PROGRESS,
        group="gallery-progress",
        handle=partial(on_progress, container),
        types={PhotoProgressed},
        max_records=500,
        max_wait_ms=_MAX_WAIT_MS,
    )


def event_handlers(container: Container) -> Handlers:
    handlers = Handlers()

    async def apply(event: SourceEvent, _meta: EventMeta) -> None:
        try:
            await container.apply_event(event)
        except OwnerMismatch as error:
            raise Permanent(str(error)) from error

    handlers.on(PhotoUploaded)(apply)
    handlers.on(PhotoProcessed)(apply)
    handlers.on(PhotoRejected)(apply)
    handlers.on(PhotoTagged)(apply)
    return handlers


async def on_progress(container: Container, deliveries: Sequence[Delivery]) -> None:
    await container.apply_progress(
        [
            (delivery.event, service_name(delivery.meta.source))
            for delivery in deliveries
            if isinstance(delivery.event, PhotoProgressed)
        ]
    )
