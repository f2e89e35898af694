"""Photos of a large library: a few hundred are drawn, the others repeat them with what is theirs.

Gallery's own functions make the photo of the events of a drawn one. A copy has ids, keys, a time,
a blurhash and an embedding of its own.
"""

import os
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pichaven_chassis.clock import utc_now
from pichaven_chassis.ids import new_id
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
from pichaven_gallery.photos.lifecycle import next_version
from pichaven_gallery.photos.photo import Photo

DRAWN: Final = 500
CORPUS: Final = (
    "{count} photos of one owner over ten years, which repeat 500 with ids, keys, a time and a"
    " blurhash of their own: shapes, sizes, cameras, places, captions and tags drawn at random"
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
SHAPES: Final = ((4032, 3024), (4032, 3024), (3024, 4032), (4032, 2688), (4032, 2268), (3024, 3024))
_VARIANTS: Final = (
    *((150, "avif", 3_000), (150, "jpeg", 6_000), (400, "avif", 14_000), (400, "jpeg", 28_000)),
    *((800, "avif", 45_000), (800, "jpeg", 90_000)),
    *((1920, "webp", 330_000), (1920, "jpeg", 420_000)),
)
_NOISE: Final = 0.6
_DIGEST: Final = "0" * 16
_BASE_83: Final = string.digits + string.ascii_letters + "#$%*+,-.:;=?@[]^_{|}~"

Vectors = NDArray[np.float32]


def library_sizes() -> tuple[int, ...]:
    """Return the sizes of libraries to measure, of `PICHAVEN_BENCH_PHOTOS`."""
    return tuple(map(int, os.environ.get("PICHAVEN_BENCH_PHOTOS", "10000,100000").split(",")))


@dataclass(frozen=True, slots=True)
class DrawnPhoto:
    photo: Photo
    picture: int
    """Its number among the drawn."""
    thing: int
    scene: int

    def copy(self, rng: random.Random) -> Photo:
        """Return another photo like it."""
        photo = self.photo
        original, outcome, photo_id = photo.original, photo.outcome, new_id()
        assert original is not None and isinstance(outcome, PhotoProcessed)
        own = f"/{photo_id}/{rng.getrandbits(64):016x}-"
        shared = f"/{photo.photo_id}/{_DIGEST}-"
        facts = {
            "variants": tuple(
                variant.model_copy(update={"key": variant.key.replace(shared, own)})
                for variant in outcome.variants
            ),
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


def draw(owner_id: str, number: int) -> DrawnPhoto:
    """Return the photo of a number; it is always the same but for its ids."""
    rng = random.Random(number)
    photo_id, upload_id = new_id(), new_id()
    sha256 = f"{rng.getrandbits(256):064x}"
    thing, scene = rng.randrange(len(THINGS)), rng.randrange(len(SCENES))
    width, height = SHAPES[number % len(SHAPES)]
    original: dict[str, Any] = {
        "photo_id": photo_id,
        "owner_id": owner_id,
        "size": rng.randint(1_500_000, 6_000_000),
        "sha256": sha256,
        "object_key": f"originals/{owner_id}/{sha256}/{upload_id}.jpg",
        "content_type": "image/jpeg",
        "lane": Lane.BULK,
    }
    tags = PhotoTagged(
        photo_id=photo_id,
        owner_id=owner_id,
        revision=1,
        model="bench",
        tags=(
            Tag(name=THINGS[thing], source="ai", confidence=0.9),
            Tag(name=SCENES[scene], source="ai", confidence=0.7),
        ),
        vocabulary="bench",
    )
    outcome = PhotoProcessed(
        **original,
        revision=1,
        pipeline_version=1,
        width=width,
        height=height,
        variants=tuple(_variants(owner_id, photo_id, width, height)),
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
        taken_at=TakenAt(at=LATEST),
        location=_place(rng),
        rating=rng.choice((None, None, 3, 4, 5)),
        caption=f"{THINGS[thing]} and {SCENES[scene]} no {number}" if rng.random() < 0.3 else None,
    )
    upload = PhotoUploaded(**original, upload_id=upload_id, filename=f"IMG_{number:05d}.jpg")
    now = utc_now()
    photo = projection.photo_of(None, upload, now)
    photo = projection.with_original(photo, upload)
    photo = projection.with_outcome(photo, outcome)
    photo = projection.with_analysis(photo, tags)
    change = next_version(None, photo, now, ChangeAction.UPLOADED, owner_id)
    return DrawnPhoto(change.photo, number, thing, scene)


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Embeddings like those of a model."""

    model: str
    vectors: Vectors
    """Of each thing in each scene."""

    def event(self, drawn: DrawnPhoto, photo: Photo, rng: random.Random) -> PhotoEmbedded:
        """Return the embedding of a copy, with noise of its own."""
        exact = self.vectors[drawn.thing * len(SCENES) + drawn.scene]
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(len(exact))
        mixed = exact + _NOISE * noise / np.linalg.norm(noise)
        mixed /= np.linalg.norm(mixed)
        return PhotoEmbedded(
            photo_id=photo.photo_id,
            owner_id=photo.owner_id,
            revision=1,
            model=self.model,
            embedding=tuple(mixed.round(6).tolist()),
        )


def texts() -> Sequence[str]:
    """Return what `Embeddings.vectors` are of."""
    return [f"a {thing} {scene}" for thing in THINGS for scene in SCENES]


def _variants(owner_id: str, photo_id: str, width: int, height: int) -> Iterator[Variant]:
    for edge, format_, size in _VARIANTS:
        scale = edge / max(width, height)
        yield Variant(
            name=str(edge),
            format=format_,
            width=round(width * scale),
            height=round(height * scale),
            bytes=size,
            key=f"derived/{owner_id}/{photo_id}/{_DIGEST}-p1/{edge}.{format_}",
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
