"""The event handlers of ml on a store in memory, with what they publish."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pichaven_chassis.events import Delivery, EventMeta
from pichaven_chassis.ids import new_id
from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    PhotoEmbedded,
    PhotoProcessed,
    PhotoProgressed,
    PhotoReanalyzeRequested,
    PhotoTagged,
    PhotoTextRead,
    Variant,
)
from pichaven_contracts.topics import Topic, embedding_topic
from pichaven_ml.analysis import subscribers as analysis
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.analysis.embed_photo import EmbedPhoto
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.tag_photo import TagPhoto
from pichaven_ml.container import WorkerContainer
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.text_reading import subscribers as text_reading
from pichaven_ml.text_reading.read_text import ReadText
from pichaven_ml.text_reading.reading import TextReader
from testing.memory_object_store import MemoryObjectStore
from testing.recording_publisher import RecordingPublisher

E = TypeVar("E", bound=Event)

OWNER = new_id()
OTHER_TOPIC = embedding_topic("another/model")


class MemoryWorker:
    """A worker as its bootstrap wires it, but for Kafka and storage."""

    def __init__(
        self,
        runtime: ModelRuntime,
        make_jpeg: Callable[..., bytes],
        *,
        reader: TextReader | None = None,
        candidate: bool = False,
        parallel: int = 8,
    ) -> None:
        self.runtime = runtime
        self.make_jpeg = make_jpeg
        self.store = MemoryObjectStore()
        self.publisher = RecordingPublisher()
        self.embedding_topics: list[Topic] = [embedding_topic(runtime.card.id), OTHER_TOPIC]
        self.topic_lists = 0
        publisher = self.publisher
        tag = None if candidate else TagPhoto(runtime)
        embed = EmbedPhoto(runtime, self.store, tag, reads_text=reader is not None)
        self.container = WorkerContainer(
            embed_photos=AnalyzePhotos(
                embed, publisher, publisher.send_progress, parallel=parallel
            ),
            read_texts=AnalyzePhotos(
                ReadText(reader, self.store), publisher, publisher.send_progress, parallel=2
            )
            if reader is not None
            else None,
            forget_photo=ForgetPhoto(publisher, self._list_embedding_topics),
        )

    async def _list_embedding_topics(self) -> list[Topic]:
        self.topic_lists += 1
        return list(self.embedding_topics)

    async def embed(self, deliveries: Sequence[Delivery]) -> None:
        await analysis.embed_photos(deliveries, self.container)

    async def read(self, deliveries: Sequence[Delivery]) -> None:
        await text_reading.read_texts(deliveries, self.container)

    async def handle_commands(self, deliveries: Sequence[Delivery]) -> None:
        await analysis.handle_commands(deliveries, self.container)

    async def store_processed_photo(
        self,
        data: bytes | None = None,
        *,
        variants: Sequence[tuple[str, str]] = (("800", "jpeg"),),
        photo_id: str | None = None,
        revision: int = 1,
    ) -> Delivery:
        """Store a photo's variants as processing does, and return its event.

        Each variant's data ends with its name.
        """
        photo_id = photo_id or new_id()
        data = self.make_jpeg((230, 5, 5)) if data is None else data
        stored = []
        for name, format_ in variants:
            key = f"derived/{OWNER}/{photo_id}/r{revision}/{name}.{format_}"
            await self.store.put(key, data + name.encode(), content_type=f"image/{format_}")
            stored.append(variant(name, format_, key))
        return delivery(
            PhotoProcessed(
                photo_id=photo_id,
                owner_id=OWNER,
                revision=revision,
                pipeline_version=1,
                sha256="0" * 64,
                object_key="originals/x",
                content_type="image/jpeg",
                size=1000,
                width=800,
                height=600,
                variants=tuple(stored),
                blurhash="L00000fQfQfQfQfQfQfQfQfQfQfQ",
                phash="0" * 16,
            )
        )

    @property
    def embedded(self) -> list[PhotoEmbedded]:
        return self._events_of(PhotoEmbedded)

    @property
    def tagged(self) -> list[PhotoTagged]:
        return self._events_of(PhotoTagged)

    @property
    def texts(self) -> list[PhotoTextRead]:
        return self._events_of(PhotoTextRead)

    def _events_of(self, event_type: type[E]) -> list[E]:
        return [event for event in self.publisher.events if isinstance(event, event_type)]

    def steps(self, photo_id: str) -> list[tuple[str, str, int]]:
        return [
            (event.step, event.state.value, event.percent)
            for event in self.publisher.progress
            if isinstance(event, PhotoProgressed) and event.photo_id == photo_id
        ]


def variant(name: str, format_: str, key: str = "") -> Variant:
    key = key or f"{name}.{format_}"
    return Variant(name=name, format=format_, width=80, height=60, bytes=9, key=key)


def delivery(event: Event) -> Delivery:
    meta = EventMeta(
        id=new_id(),
        type=event.event_type,
        source="test",
        time=None,
        topic=event.topic.name,
        key=event.key,
        partition=0,
        offset=0,
    )
    return Delivery(event, meta)


def reanalyze(processed: Delivery, reason: str = "tags") -> Delivery:
    """Return the request to analyse a photo again."""
    event = processed.event
    assert isinstance(event, PhotoProcessed)
    return delivery(
        PhotoReanalyzeRequested(
            photo_id=event.photo_id, owner_id=OWNER, processed=event, reason=reason
        )
    )
