"""Events as gallery and ml publish them, and an encoder that needs no model."""

import asyncio
import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pichaven_chassis.events import Delivery, EventMeta, Tombstone
from pichaven_chassis.ids import new_id
from pichaven_contracts.event import Event
from pichaven_contracts.photo import Exif, PhotoChanged, PhotoEmbedded, PhotoTextRead, Variant
from pichaven_contracts.topics import LIBRARY, Topic
from pichaven_search.colours import oklab
from pichaven_search.duplicates.model import Dismissal
from pichaven_search.ml_client.model import Calibration, EncoderUnavailable, Model, TextEmbedding
from pichaven_search.query_language.words import words

DIMENSIONS = 64
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MODEL = Model("words-64", DIMENSIONS, Calibration(scale=20, bias=-10, threshold=0.4))
"""`sigmoid(20 c - 10)`: one of two words in common (cosine 0.7) is likely, none is not."""


def changed_event(**fields: Any) -> PhotoChanged:
    photo_id = fields.get("photo_id") or new_id()
    taken_at = fields.get("taken_at", datetime(2024, 5, 1, 12, tzinfo=UTC))
    defaults: dict[str, Any] = {
        "photo_id": photo_id,
        "owner_id": new_id(),
        "version": 1,
        "status": "ready",
        "filename": "IMG_0001.jpg",
        "content_type": "image/jpeg",
        "size": 1000,
        "sha256": hashlib.sha256(photo_id.encode()).hexdigest(),
        "width": 800,
        "height": 600,
        "taken_at": taken_at,
        "created_at": taken_at,
        "exif": Exif(),
        "variants": (variant("400", "webp"),),
        "original_key": "originals/x/y.jpg",
    }
    return PhotoChanged(**(defaults | fields))


def variant(name: str, image_format: str) -> Variant:
    return Variant(
        name=name,
        format=image_format,
        width=int(name),
        height=int(name) * 3 // 4,
        bytes=9000,
        key=f"derived/x/{name}.{image_format}",
    )


def embedded_event(photo: PhotoChanged, text: str, **fields: Any) -> PhotoEmbedded:
    """Return the embedding, by the encoder here, of a picture that shows what the text says."""
    defaults: dict[str, Any] = {
        "photo_id": photo.photo_id,
        "owner_id": photo.owner_id,
        "revision": 1,
        "model": MODEL.name,
        "embedding": tuple(vector_of(text)),
    }
    return PhotoEmbedded(**(defaults | fields))


def text_read_event(photo: PhotoChanged, text: str | None, **fields: Any) -> PhotoTextRead:
    """Return the text that was read in a picture."""
    defaults: dict[str, Any] = {
        "photo_id": photo.photo_id,
        "owner_id": photo.owner_id,
        "revision": 1,
        "reader": "reader",
        "text": text,
    }
    return PhotoTextRead(**(defaults | fields))


def delivery(event: Event | Tombstone) -> Delivery:
    key = event.key
    topic = event.topic.name
    meta = EventMeta(new_id(), "", "", None, topic, key, 0, 0)
    return Delivery(event, meta)


def tombstone(photo_id: str, topic: Topic = LIBRARY) -> Delivery:
    return delivery(Tombstone(topic, photo_id))


def vector_of(text: str) -> list[float]:
    """A unit vector whose direction is the text's words: shared words bring texts close."""
    sums = [0.0] * DIMENSIONS
    for word in words(text):
        stem = min(word.stems, default=word.term)
        digest = hashlib.sha256(stem.encode()).digest() + hashlib.sha512(stem.encode()).digest()
        for at in range(DIMENSIONS):
            sums[at] += digest[at] / 127.5 - 1
    length = math.sqrt(sum(part * part for part in sums)) or 1.0
    return [part / length for part in sums] if any(sums) else [1.0] + [0.0] * (DIMENSIONS - 1)


def distance(one: str, other: str) -> float:
    """Return the distance of two colours, `#rrggbb`."""
    return math.dist(oklab(one), oklab(other))


class WordEncoder:
    """A `TextEncoder` by the words alone; `away` makes it fail as ml does when it is down."""

    def __init__(self, model: Model = MODEL) -> None:
        self.current = model
        self.away = False

    async def model(self, name: str | None = None) -> Model:
        if self.away or name not in {None, self.current.name}:
            raise EncoderUnavailable("away")
        return self.current

    async def models(self) -> tuple[Model, ...]:
        return () if self.away else (self.current,)

    async def models_by_url(self) -> Mapping[str, Model | None]:
        return {"http://ml": None if self.away else self.current}

    async def encode(self, text: str, model: str | None = None) -> TextEmbedding:
        if self.away or model not in {None, self.current.name}:
            raise EncoderUnavailable("away")
        return TextEmbedding(self.current.name, vector_of(text), self.current.calibration)


class WordPictures:
    """A `PictureEncoder` of pictures by `to_png`; `away` and `refusal` make it fail as ml does, and
    it answers while its `gate` is open."""

    def __init__(self, model: str = MODEL.name) -> None:
        self.current = model
        self.away = False
        self.refusal: Exception | None = None
        self.waiting = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def embed(
        self, data: bytes, media_type: str, model: str, *, owner_id: str | None
    ) -> Sequence[float]:
        self.waiting += 1
        try:
            await self.gate.wait()
        finally:
            self.waiting -= 1
        if self.away or model != self.current:
            raise EncoderUnavailable("away")
        if self.refusal or media_type != "image/png":
            raise self.refusal or AssertionError(media_type)
        return vector_of(data.removeprefix(PNG_SIGNATURE).decode("utf-8", "ignore"))


def to_png(text: str) -> bytes:
    """What passes for a picture of the text."""
    return PNG_SIGNATURE + text.encode()


class MemoryDismissals:
    """`Dismissals` in memory."""

    def __init__(self) -> None:
        self._dismissals: dict[str, dict[str, Dismissal]] = {}

    async def list(self, owner_id: str) -> Sequence[Dismissal]:
        return list(reversed(self._dismissals.get(owner_id, {}).values()))

    async def put(self, owner_id: str, dismissal: Dismissal) -> None:
        await self.delete(owner_id, dismissal.group_id)
        self._dismissals.setdefault(owner_id, {})[dismissal.group_id] = dismissal

    async def delete(self, owner_id: str, group_id: str) -> bool:
        return self._dismissals.get(owner_id, {}).pop(group_id, None) is not None

    async def clear(self, owner_id: str) -> None:
        self._dismissals.pop(owner_id, None)
