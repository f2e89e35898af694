"""What the compacted topics say of each photo of the library."""

from collections.abc import AsyncIterator
from typing import Final, TypeVar

from pichaven_chassis.events import EventMeta, PermanentError
from pichaven_chassis.replay import Replay
from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoEmbedded,
    PhotoProcessed,
    PhotoTagged,
    PhotoTextRead,
)
from pichaven_contracts.topics import LIBRARY, TAGS, TEXT, Topic, embedding_topic
from pichaven_ml.reembedding.last_by_key import LastByKey

E = TypeVar("E", bound=Event)

_NO_PHASH: Final = "0" * 16


class Library:
    """The revision in which this model embedded and tagged each photo, and in which it was read."""

    def __init__(self, replay: Replay, model: str) -> None:
        self._replay = replay
        self._model = model
        self.embedded = LastByKey()
        self.tagged = LastByKey()
        """Negative for tags of another model or vocabulary."""
        self.read = LastByKey()
        """Negative for a text that could not be read."""
        self._versions = LastByKey()
        """Negative for a photo that is not ready."""

    async def load_embeddings(self) -> None:
        async for key, embedded, _ in self._records(self._topic, PhotoEmbedded):
            self.embedded[key] = embedded.revision if embedded else 0

    async def load_tags(self, vocabulary: str | None) -> None:
        async for key, tagged, _ in self._records(TAGS, PhotoTagged):
            own = tagged and (tagged.model, tagged.vocabulary) == (self._model, vocabulary)
            self.tagged[key] = (tagged.revision if own else -tagged.revision) if tagged else 0

    async def load_texts(self) -> None:
        async for key, text, _ in self._records(TEXT, PhotoTextRead):
            done = text and text.state == "done"
            self.read[key] = (text.revision if done else -text.revision) if text else 0

    async def load_versions(self) -> None:
        async for key, photo, _ in self._records(LIBRARY, PhotoChanged):
            if photo is None:
                self._versions[key] = 0
            elif abs(self._versions[key]) <= photo.version:
                self._versions[key] = photo.version if photo.status == "ready" else -photo.version

    def count_ready(self) -> int:
        return self._versions.count_positive()

    async def ready_photos(self) -> AsyncIterator[tuple[PhotoChanged, EventMeta]]:
        """Yield the last state of each ready photo; some may come twice."""
        async for key, photo, meta in self._records(LIBRARY, PhotoChanged):
            if photo is not None and self._versions[key] == photo.version:
                yield photo, meta

    async def untagged_embeddings(self) -> AsyncIterator[PhotoEmbedded]:
        """Yield the embeddings of ready photos that have no tags of the same revision."""
        async for key, embedded, _ in self._records(self._topic, PhotoEmbedded):
            if (
                embedded is not None
                and self._versions[key] > 0
                and self.embedded[key] == embedded.revision != self.tagged[key]
            ):
                yield embedded

    def revision_of(self, photo: PhotoChanged) -> int:
        """Return the last known revision where an older writer has left it out."""
        latest = max(1, self.embedded[photo.key], abs(self.tagged[photo.key]))
        return photo.revision or latest

    @property
    def _topic(self) -> Topic:
        return embedding_topic(self._model)

    async def _records(
        self, topic: Topic, event_type: type[E]
    ) -> AsyncIterator[tuple[str, E | None, EventMeta]]:
        """Replay a topic; None stands for a tombstone."""
        async for delivery in self._replay(topic, {event_type}):
            event, meta = delivery.event, delivery.meta
            yield meta.key, event if isinstance(event, event_type) else None, meta


def to_processed_event(photo: PhotoChanged, revision: int) -> PhotoProcessed:
    """Return a ready photo as processing publishes it, as far as its analysis needs it.

    Raises `PermanentError` for a state that lacks what every processed photo has.
    """
    if not photo.variants or not photo.width or not photo.height:
        raise PermanentError("the library knows no variants of it")
    return PhotoProcessed(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        occurred_at=photo.occurred_at,
        revision=revision,
        pipeline_version=1,
        sha256=photo.sha256,
        object_key=photo.original_key,
        content_type=photo.content_type,
        size=max(1, photo.size),
        width=photo.width,
        height=photo.height,
        variants=photo.variants,
        blurhash=photo.blurhash or "",
        phash=photo.phash or _NO_PHASH,
    )
