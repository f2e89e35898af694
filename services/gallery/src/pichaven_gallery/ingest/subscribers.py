"""What this service does about events."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pichaven_chassis.events import (
    Delivery,
    EventBroker,
    EventMeta,
    Handlers,
    Permanent,
    Tombstone,
)
from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoChanged,
    PhotoProcessed,
    PhotoProgressed,
    PhotoRejected,
    PhotoUploaded,
)
from pichaven_contracts.topics import (
    ANALYSIS,
    LIBRARY,
    PROCESSING,
    PROGRESS,
    UPLOAD,
    UPLOAD_BULK,
)
from pichaven_gallery.activity.channel_hub import Changed, LiveHub, Progressed, Purged
from pichaven_gallery.ingest.commands import (
    FoldAnalysis,
    FoldOutcome,
    FoldProgress,
    FoldUpload,
)
from pichaven_gallery.photos.errors import AnotherOwner
from pichaven_gallery.photos.listing import Photos
from pichaven_gallery.photos.photo import Shelf

_WAIT_MS: Final = 200


def service_of(meta: EventMeta) -> str:
    """The sender's plain name: `/pichaven/ml` is `ml`."""
    return meta.source.rsplit("/", 1)[-1] or "unknown"


@contextmanager
def _permanent() -> Iterator[None]:
    try:
        yield
    except AnotherOwner as error:
        raise Permanent(str(error)) from error


class FoldingEvents:
    """Everything that photos are made of; for workers."""

    def __init__(
        self, upload: FoldUpload, outcome: FoldOutcome, analysis: FoldAnalysis, told: FoldProgress
    ) -> None:
        self._upload = upload
        self._outcome = outcome
        self._analysis = analysis
        self._progress = told

    def subscribe(self, broker: EventBroker) -> None:
        handlers = self.handlers()
        for topic, group in (
            (UPLOAD, "gallery-upload"),
            (UPLOAD_BULK, "gallery-upload-bulk"),
            (PROCESSING, "gallery-processing"),
            (ANALYSIS, "gallery-analysis"),
        ):
            broker.subscribe(topic, group=group, handlers=handlers)
        broker.subscribe_batch(
            PROGRESS,
            group="gallery-progress",
            handle=self.on_progress,
            types={PhotoProgressed},
            max_records=500,
            max_wait_ms=_WAIT_MS,
        )

    def handlers(self) -> Handlers:
        handlers = Handlers()

        @handlers.on(PhotoUploaded)
        async def uploaded(event: PhotoUploaded, _meta: EventMeta) -> None:
            with _permanent():
                await self._upload(event)

        @handlers.on(PhotoProcessed)
        async def processed(event: PhotoProcessed, _meta: EventMeta) -> None:
            with _permanent():
                await self._outcome(event)

        @handlers.on(PhotoRejected)
        async def rejected(event: PhotoRejected, _meta: EventMeta) -> None:
            with _permanent():
                await self._outcome(event)

        @handlers.on(PhotoAnalyzed)
        async def analyzed(event: PhotoAnalyzed, _meta: EventMeta) -> None:
            with _permanent():
                await self._analysis(event)

        return handlers

    async def on_progress(self, deliveries: Sequence[Delivery]) -> None:
        await self._progress(
            [
                (delivery.event, service_of(delivery.meta))
                for delivery in deliveries
                if isinstance(delivery.event, PhotoProgressed)
            ]
        )


class LiveEvents:
    """News for the streams of this process; for the api."""

    def __init__(self, hub: LiveHub, photos: Photos) -> None:
        self._hub = hub
        self._photos = photos

    def subscribe(self, broker: EventBroker) -> None:
        broker.subscribe_fanout(
            PROGRESS, LIBRARY, handle=self.on_news, types={PhotoChanged, PhotoProgressed}
        )
        # The API answers before Kafka does.
        broker.when_started(self._hub.hear_again)

    async def on_news(self, delivery: Delivery) -> None:
        if self._hub.is_empty:
            return
        event = delivery.event
        if isinstance(event, PhotoChanged):
            self._hub.tell(event.owner_id, Changed(event))
        elif isinstance(event, PhotoProgressed):
            self._hub.tell(event.owner_id, Progressed(event, service_of(delivery.meta)))
        elif isinstance(event, Tombstone) and event.topic is LIBRARY:
            # A tombstone names no owner; the stub does.
            stub = await self._photos.get(event.key)
            if stub is not None and stub.shelf is Shelf.PURGED and stub.changed_at is not None:
                self._hub.tell(stub.owner_id, Purged(stub.photo_id, stub.changed_at))
