"""A library of many photos: in the database as gallery writes it, for search through Kafka."""

import asyncio
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray

from bench.library_writer import library_writer
from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.ids import derived_id, new_id
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.photo import (
    Colour,
    Exif,
    Lane,
    Location,
    PhotoEmbedded,
    PhotoProcessed,
    PhotoTagged,
    PhotoUploaded,
    Tag,
    TakenAt,
    Variant,
)
from pichaven_gallery.ingest import projection
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.lifecycle import Change, next_version
from pichaven_gallery.photos.photo import Photo
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
_DIGEST: Final = "0" * 16
_BASE_83: Final = string.digits + string.ascii_letters + "#$%*+,-.:;=?@[]^_{|}~"
_DRAWN: Final = 500
_WRITTEN_AT_ONCE: Final = 1_000
_TEXTS: Final = len(THINGS) * len(SCENES)

Vectors = NDArray[np.float32]


async def seed(stack: Stack, owner_id: str, count: int) -> list[str]:
    """Put `count` photos into the library, publish them for search and return their ids.

    Gallery's own functions make the photos of their events, which are written in batches and
    counted into the timeline at once; the events that search consumes go through Kafka. One event
    at a time, each photo would cost the database some twenty operations.
    """
    variants = await _stored_variants(stack, owner_id)
    model, vectors = await _vectors(stack)
    kafka = stack.environment("gallery")["PICHAVEN_KAFKA_BOOTSTRAP_SERVERS"]
    broker = EventBroker(KafkaSettings(bootstrap_servers=kafka), "bench")
    photos = _Photos(owner_id, variants, model, vectors)
    ids: list[str] = []
    try:
        async with library_writer(stack, owner_id) as write:
            for start in range(0, count, _AT_ONCE):
                batch = [photos.draw(n) for n in range(start, min(count, start + _AT_ONCE))]
                changes = [each.project() for each in batch]
                await write([change.photo for change in changes])
                # The embedding's tags are in the photo already.
                await asyncio.gather(
                    *(broker.publish(event) for change in changes for event in change.events),
                    *(broker.publish(each.embedding) for each in batch),
                )
                ids += [change.photo.photo_id for change in changes]
                print(f"{len(ids)} photos in the library", flush=True)
    finally:
        await broker.stop()
    return ids


async def seed_gallery(stack: Stack, owner_id: str, count: int) -> None:
    """Put `count` photos into the library of gallery alone, without files.

    Each repeats one of a few hundred that are drawn, with ids, a time and a thumbnail of its own.
    """
    variants = tuple(
        _variant(owner_id, owner_id, edge, format_, size) for edge, format_, size in _VARIANTS
    )
    drawn = [
        _Photos(owner_id, variants, "bench", np.ones((_TEXTS, 8), np.float32)).draw(n).project()
        for n in range(_DRAWN)
    ]
    rng = random.Random(count)
    async with library_writer(stack, owner_id) as write:
        for start in range(0, count, _WRITTEN_AT_ONCE):
            numbers = range(start, min(count, start + _WRITTEN_AT_ONCE))
            await write([_copy(drawn[n % _DRAWN].photo, rng) for n in numbers])
            print(f"{numbers.stop} photos in the library", flush=True)


def _copy(photo: Photo, rng: random.Random) -> Photo:
    original, outcome, photo_id = photo.original, photo.outcome, new_id()
    assert original is not None and isinstance(outcome, PhotoProcessed)
    digest = f"{rng.getrandbits(64):016x}"
    prefix, owner_id = "derived/{}/{}/{}", photo.owner_id
    shared, own = (
        prefix.format(owner_id, owner_id, _DIGEST),
        prefix.format(owner_id, photo_id, digest),
    )
    variants = tuple(
        variant.model_copy(update={"key": variant.key.replace(shared, own)})
        for variant in outcome.variants
    )
    facts = {
        "variants": variants,
        "blurhash": "L" + "".join(rng.choices(_BASE_83, k=27)),
        "taken_at": TakenAt(at=LATEST - timedelta(days=rng.uniform(0, DAYS))),
    }
    same = {"photo_id": photo_id}
    return replace(
        photo,
        photo_id=photo_id,
        original=original.model_copy(update=same),
        outcome=outcome.model_copy(update=same | facts),
    )


async def _stored_variants(stack: Stack, owner_id: str) -> tuple[Variant, ...]:
    """Store small objects as the variants of all photos: gallery only checks that they exist."""
    store = media_store(stack)
    variants = []
    try:
        for edge, format_, size in _VARIANTS:
            variant = _variant(owner_id, derived_id(owner_id, "bench"), edge, format_, size)
            await store.put(variant.key, b"bench", content_type=f"image/{format_}")
            variants.append(variant)
    finally:
        await store.close()
    return tuple(variants)


def _variant(owner_id: str, photo_id: str, edge: int, format_: str, size: int) -> Variant:
    return Variant(
        name=str(edge),
        format=format_,
        width=edge,
        height=edge * 3 // 4,
        bytes=size,
        key=f"derived/{owner_id}/{photo_id}/{_DIGEST}-p1/{edge}.{format_}",
    )


async def _vectors(stack: Stack) -> tuple[str, Vectors]:
    """Return the model's name and its embeddings of each thing in each scene."""
    texts = [f"a {thing} {scene}" for thing in THINGS for scene in SCENES]
    vectors: list[list[float]] = []
    model = ""
    base = f"http://127.0.0.1:{stack.ports.ml}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        for start in range(0, len(texts), _MOST_TEXTS):
            body = {"texts": texts[start : start + _MOST_TEXTS]}
            response = await http.post("/internal/embed/text", json=body)
            response.raise_for_status()
            embedded: dict[str, Any] = response.json()
            model = embedded["model"]
            vectors += embedded["embeddings"]
    return model, np.asarray(vectors, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Events:
    """The events of one photo."""

    embedding: PhotoEmbedded
    tags: PhotoTagged
    outcome: PhotoProcessed
    upload: PhotoUploaded

    def project(self) -> Change:
        """Return the photo as of all events, in its first version."""
        now = utc_now()
        photo = projection.photo_of(None, self.upload, now)
        photo = projection.with_original(photo, self.upload)
        photo = projection.with_outcome(photo, self.outcome)
        photo = projection.with_analysis(photo, self.tags)
        return next_version(None, photo, now, ChangeAction.UPLOADED, self.upload.owner_id)


class _Photos:
    """Draws photos; the photo of a number is always the same but for its ids."""

    def __init__(
        self, owner_id: str, variants: Sequence[Variant], model: str, vectors: Vectors
    ) -> None:
        self._owner_id = owner_id
        self._variants = tuple(variants)
        self._model = model
        self._vectors = vectors

    def draw(self, number: int) -> "_Events":
        rng = random.Random(number)
        photo_id, upload_id = new_id(), new_id()
        sha256 = f"{rng.getrandbits(256):064x}"
        size, at = rng.randint(1_500_000, 6_000_000), LATEST - timedelta(days=rng.uniform(0, DAYS))
        thing, scene = rng.randrange(len(THINGS)), rng.randrange(len(SCENES))
        original: dict[str, Any] = {
            "photo_id": photo_id,
            "owner_id": self._owner_id,
            "size": size,
            "sha256": sha256,
            "object_key": f"originals/{self._owner_id}/{sha256}/{upload_id}.jpg",
            "content_type": "image/jpeg",
            "lane": Lane.BULK,
        }
        return _Events(
            self._embedding(rng, photo_id, thing, scene),
            PhotoTagged(
                photo_id=photo_id,
                owner_id=self._owner_id,
                revision=1,
                model=self._model,
                tags=(
                    Tag(name=THINGS[thing], source="ai", confidence=0.9),
                    Tag(name=SCENES[scene], source="ai", confidence=0.7),
                ),
                vocabulary="bench",
            ),
            PhotoProcessed(
                **original,
                revision=1,
                pipeline_version=1,
                width=4032,
                height=3024,
                variants=self._variants,
                blurhash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
                phash=f"{rng.getrandbits(64):016x}",
                palette=tuple(_colours(rng)),
                exif=Exif(
                    camera=rng.choice(CAMERAS),
                    iso=rng.choice((100, 200, 400, 800)),
                    aperture=rng.choice((1.8, 2.8, 4.0)),
                    shutter=1 / rng.choice((60, 125, 250)),
                    focal_length=rng.choice((24.0, 35.0, 50.0)),
                ),
                taken_at=TakenAt(at=at),
                location=_place(rng),
                rating=rng.choice((None, None, 3, 4, 5)),
                caption=f"{THINGS[thing]} and {SCENES[scene]} no {number}"
                if rng.random() < 0.3
                else None,
            ),
            PhotoUploaded(**original, upload_id=upload_id, filename=f"IMG_{number:05d}.jpg"),
        )

    def _embedding(
        self, rng: random.Random, photo_id: str, thing: int, scene: int
    ) -> PhotoEmbedded:
        exact = self._vectors[thing * len(SCENES) + scene]
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(len(exact))
        mixed = exact + _NOISE * noise / np.linalg.norm(noise)
        return PhotoEmbedded(
            photo_id=photo_id,
            owner_id=self._owner_id,
            revision=1,
            model=self._model,
            embedding=tuple(round(float(x), 6) for x in mixed / np.linalg.norm(mixed)),
        )


def _colours(rng: random.Random) -> Iterator[Colour]:
    for share in (0.5, 0.3, 0.2):
        yield Colour(hex=f"#{rng.getrandbits(24):06x}", share=share)


def _place(rng: random.Random) -> Location | None:
    if rng.random() < 0.3:
        return None
    city, country, lat, lon = rng.choice(PLACES)
    return Location(
        lat=lat + rng.uniform(-0.2, 0.2),
        lon=lon + rng.uniform(-0.2, 0.2),
        city=city,
        country=country,
    )
