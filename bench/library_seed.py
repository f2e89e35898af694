"""A library of many photos: in the database as gallery writes it, told to search through Kafka."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import numpy as np
from aiokafka import AIOKafkaConsumer
from numpy.typing import NDArray
from pydantic import SecretStr

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.ids import derived_id, new_id
from pichaven_chassis.mongo import close, connect
from pichaven_chassis.settings import KafkaSettings, MongoSettings
from pichaven_contracts.photo import (
    Colour,
    Exif,
    Lane,
    Location,
    PhotoAnalyzed,
    PhotoProcessed,
    PhotoUploaded,
    Tag,
    TakenAt,
    Variant,
)
from pichaven_contracts.topics import ANALYSIS, Topic
from pichaven_gallery.adapters.photo_documents import to_document
from pichaven_gallery.domain import fold
from pichaven_gallery.domain.fold import Change
from pichaven_gallery.domain.photo import Photo
from pichaven_gallery.settings import GallerySettings
from pichaven_local.stack import Stack
from testing.storage import media_store

CORPUS: Final = (
    "{count} photos of one owner over ten years: sizes, cameras, places, captions and tags drawn"
    " at random; embeddings are those of 160 texts by the bundled model, each photo's with noise"
    " of its own"
)
DAYS: Final = 3650
LATEST: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
THINGS: Final = (
    *("dog", "cat", "horse", "bird", "boat", "car", "bicycle", "train", "tree", "flower"),
    *("house", "bridge", "mountain", "person", "cake", "balloon"),
)
SCENES: Final = (
    *("beach", "forest", "city", "desert", "lake", "snow", "kitchen", "garden", "night", "sunset"),
)
CAMERAS: Final = ("Canon EOS R6", "Nikon Z6", "Apple iPhone 15", "Google Pixel 8", "Fujifilm X-T5")
PLACES: Final = (
    ("Lisbon", "Portugal", 38.72, -9.14),
    ("Oslo", "Norway", 59.91, 10.75),
    ("Kyoto", "Japan", 35.01, 135.77),
    ("Nairobi", "Kenya", -1.29, 36.82),
    ("Montreal", "Canada", 45.50, -73.57),
    ("Valparaiso", "Chile", -33.05, -71.61),
)
_VARIANTS: Final = (
    *((150, "avif", 3_000), (150, "jpeg", 6_000), (400, "avif", 14_000), (400, "jpeg", 28_000)),
    *((800, "avif", 45_000), (800, "jpeg", 90_000)),
    *((1920, "webp", 330_000), (1920, "jpeg", 420_000)),
)
_NOISE: Final = 0.6
_AT_ONCE: Final = 250
_MOST_TEXTS: Final = 64
_FOLDED_S: Final = 900

Vectors = NDArray[np.float32]


async def seed(stack: Stack, owner_id: str, count: int) -> list[str]:
    """Put `count` photos into the library and tell search of them; returns their ids.

    What gallery would make of a photo's three events is worked out by its own functions and
    written in batches; the events that search reads go through Kafka. Told one by one, each photo
    would cost the database some twenty operations.
    """
    variants = await _stored_variants(stack, owner_id)
    model, vectors = await _vectors(stack)
    environment = stack.environment("gallery")
    kafka = environment["PICHAVEN_KAFKA_BOOTSTRAP_SERVERS"]
    mongo = MongoSettings(url=SecretStr(environment["PICHAVEN_MONGO_URL"]), timeout_ms=60_000)
    database = connect(mongo, "gallery")
    broker = EventBroker(KafkaSettings(bootstrap_servers=kafka), "bench")
    photos = _Photos(owner_id, variants, model, vectors)
    ids: list[str] = []
    try:
        for start in range(0, count, _AT_ONCE):
            drawn = [photos.draw(n) for n in range(start, min(count, start + _AT_ONCE))]
            changes = [each.as_gallery_has_it() for each in drawn]
            await database["photos"].insert_many([_document(change.photo) for change in changes])
            await asyncio.gather(
                *(broker.publish(event) for change in changes for event in change.events),
                *(broker.publish(each.analysis) for each in drawn),
            )
            ids += [change.photo.photo_id for change in changes]
            print(f"{len(ids)} photos in the library", flush=True)
        await _folded(kafka, ANALYSIS, "gallery-analysis")
    finally:
        await broker.stop()
        await close(database)
    return ids


def _document(photo: Photo) -> dict[str, Any]:
    """As gallery inserts it, to be counted into the timeline."""
    fields = to_document(photo, GallerySettings().patience)
    state = {"seq": 1, "count_seq": 0, "count_due": photo.owner_id}
    return {"_id": photo.photo_id, **state, **fields}


async def _folded(kafka: str, topic: Topic, group: str) -> None:
    """Return when the group has committed everything on the topic."""
    deadline = time.monotonic() + _FOLDED_S
    async with AIOKafkaConsumer(topic.name, bootstrap_servers=kafka) as reader:
        ends = await reader.end_offsets(reader.assignment())
    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group) as reader:
        while left := sum([end - (await reader.committed(at) or 0) for at, end in ends.items()]):
            print(f"{group} has {left} events to fold", flush=True)
            assert time.monotonic() < deadline, "gallery does not keep up"
            await asyncio.sleep(5)


async def _stored_variants(stack: Stack, owner_id: str) -> tuple[Variant, ...]:
    """Every photo shows the same small objects: gallery only asks whether they are there."""
    store = media_store(stack)
    made = []
    try:
        for edge, format_, size in _VARIANTS:
            key = (
                f"derived/{owner_id}/{derived_id(owner_id, 'bench')}/{'0' * 16}-p1/{edge}.{format_}"
            )
            await store.put(key, b"bench", content_type=f"image/{format_}")
            made.append(
                Variant(
                    name=str(edge),
                    format=format_,
                    width=edge,
                    height=edge * 3 // 4,
                    bytes=size,
                    key=key,
                )
            )
    finally:
        await store.close()
    return tuple(made)


async def _vectors(stack: Stack) -> tuple[str, Vectors]:
    """The model's name, and what it makes of each thing in each scene."""
    texts = [f"a {thing} {scene}" for thing in THINGS for scene in SCENES]
    found: list[list[float]] = []
    model = ""
    base = f"http://127.0.0.1:{stack.ports.ml}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        for start in range(0, len(texts), _MOST_TEXTS):
            body = {"texts": texts[start : start + _MOST_TEXTS]}
            answer = await http.post("/internal/embed/text", json=body)
            answer.raise_for_status()
            told: dict[str, Any] = answer.json()
            model = told["model"]
            found += told["embeddings"]
    return model, np.asarray(found, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """All that is told of one photo."""

    analysis: PhotoAnalyzed
    outcome: PhotoProcessed
    upload: PhotoUploaded

    def as_gallery_has_it(self) -> Change:
        """The photo, and the one event that tells of it."""
        now = utc_now()
        photo = fold.with_original(fold.met(None, self.upload, now), self.upload)
        photo = fold.with_analysis(fold.with_outcome(photo, self.outcome), self.analysis)
        return fold.announced(None, photo, now)


class _Photos:
    """Draws photos; the same number is always the same photo but for its ids."""

    def __init__(
        self, owner_id: str, variants: Sequence[Variant], model: str, vectors: Vectors
    ) -> None:
        self._owner_id = owner_id
        self._variants = tuple(variants)
        self._model = model
        self._vectors = vectors

    def draw(self, number: int) -> "_Drawn":
        lot = random.Random(number)
        photo_id, upload_id = new_id(), new_id()
        sha256 = f"{lot.getrandbits(256):064x}"
        size, at = lot.randint(1_500_000, 6_000_000), LATEST - timedelta(days=lot.uniform(0, DAYS))
        thing, scene = lot.randrange(len(THINGS)), lot.randrange(len(SCENES))
        original: dict[str, Any] = {
            "photo_id": photo_id,
            "owner_id": self._owner_id,
            "size": size,
            "sha256": sha256,
            "object_key": f"originals/{self._owner_id}/{sha256}/{upload_id}.jpg",
            "content_type": "image/jpeg",
            "lane": Lane.BULK,
        }
        return _Drawn(
            self._analysis(lot, photo_id, thing, scene),
            PhotoProcessed(
                **original,
                revision=1,
                pipeline_version=1,
                width=4032,
                height=3024,
                variants=self._variants,
                blurhash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
                phash=f"{lot.getrandbits(64):016x}",
                palette=tuple(_colours(lot)),
                exif=Exif(
                    camera=lot.choice(CAMERAS),
                    iso=lot.choice((100, 200, 400, 800)),
                    aperture=lot.choice((1.8, 2.8, 4.0)),
                    shutter=1 / lot.choice((60, 125, 250)),
                    focal_length=lot.choice((24.0, 35.0, 50.0)),
                ),
                taken_at=TakenAt(at=at),
                location=_place(lot),
                rating=lot.choice((None, None, 3, 4, 5)),
                caption=f"{THINGS[thing]} and {SCENES[scene]} no {number}"
                if lot.random() < 0.3
                else None,
            ),
            PhotoUploaded(**original, upload_id=upload_id, filename=f"IMG_{number:05d}.jpg"),
        )

    def _analysis(self, lot: random.Random, photo_id: str, thing: int, scene: int) -> PhotoAnalyzed:
        meant = self._vectors[thing * len(SCENES) + scene]
        noise = np.random.default_rng(lot.getrandbits(32)).standard_normal(len(meant))
        mixed = meant + _NOISE * noise / np.linalg.norm(noise)
        return PhotoAnalyzed(
            photo_id=photo_id,
            owner_id=self._owner_id,
            revision=1,
            model=self._model,
            embedding=tuple(round(float(x), 6) for x in mixed / np.linalg.norm(mixed)),
            tags=(
                Tag(name=THINGS[thing], source="ai", confidence=0.9),
                Tag(name=SCENES[scene], source="ai", confidence=0.7),
            ),
            vocabulary="bench",
        )


def _colours(lot: random.Random) -> Iterator[Colour]:
    for share in (0.5, 0.3, 0.2):
        yield Colour(hex=f"#{lot.getrandbits(24):06x}", share=share)


def _place(lot: random.Random) -> Location | None:
    if lot.random() < 0.3:
        return None
    city, country, lat, lon = lot.choice(PLACES)
    return Location(
        lat=lat + lot.uniform(-0.2, 0.2),
        lon=lon + lot.uniform(-0.2, 0.2),
        city=city,
        country=country,
    )
