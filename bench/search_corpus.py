"""Photos for measuring search: drawn ones with exact labels, and many made of them.

Beyond what is drawn, a photo's vector is that of a drawn picture or of a mixture of two, with
noise: such vectors lie where pictures lie, in as many neighbourhoods as there are photos.
"""

import io
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.search_writer import Events
from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import (
    Colour,
    Exif,
    Location,
    PhotoChanged,
    PhotoEmbedded,
    Tag,
    Variant,
)
from pichaven_ml.inference.decoding import decode
from pichaven_ml.models.card import to_floats
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.models.loaders import model_loader
from pichaven_ml.models.preprocessing import prepare
from pichaven_ml.settings import ClipSettings, MlSettings
from testing.sketches import draw
from testing.sketches.captions import caption

_HELD_OUT: Final = 800_000_000
"""Seeds from here on were not among those that the model was trained with."""
_HEIGHT: Final = 256
_ASPECT: Final = 4 / 3
_NOISE: Final = 0.35
_DAYS: Final = 3650
LATEST: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
_PHOTOGRAPHS: Final = ("astronaut", "coffee", "chelsea", "rocket", "camera", "coins", "page")
CAMERAS: Final = ("Canon EOS R6", "Nikon Z6", "Apple iPhone 15", "Google Pixel 8", "Fujifilm X-T5")
PLACES: Final = (
    ("Lisbon", "Lisboa", "Portugal", 38.72, -9.14),
    ("Oslo", "Oslo", "Norway", 59.91, 10.75),
    ("Kyoto", "Kyoto", "Japan", 35.01, 135.77),
    ("Nairobi", "Nairobi", "Kenya", -1.29, 36.82),
    ("Montréal", "Quebec", "Canada", 45.50, -73.57),
    ("Valparaíso", "Valparaíso", "Chile", -33.05, -71.61),
)
NAMES: Final = (
    *("Anna", "Ben", "Chiara", "David", "Elif", "Femke", "Goran", "Hanna", "Igor", "Jonas"),
    *("Kim", "Lena", "Marek", "Nadia", "Oskar", "Pia", "Quentin", "Rosa", "Sven", "Tariq"),
)
OCCASIONS: Final = (
    *("birthday", "holiday", "wedding", "concert", "hike", "picnic", "excursion", "dinner"),
    *("visit", "race", "festival", "move", "workshop", "meeting", "parade", "graduation"),
)
_VARIANTS: Final = (
    *((150, "avif", 3_000), (150, "jpeg", 6_000), (400, "avif", 14_000), (400, "jpeg", 28_000)),
    *((800, "avif", 45_000), (800, "jpeg", 90_000)),
    *((1920, "webp", 330_000), (1920, "jpeg", 420_000)),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as search gets to know it; a photograph of the world has no labels."""

    vector: NDArray[np.float32]
    labels: frozenset[str]


async def encoder(model: str) -> ImageTextEncoder:
    loader = model_loader(MlSettings(), ClipSettings(model=model))
    await loader.prepare()
    return await loader()


def drawn_pictures(count: int, model: ImageTextEncoder) -> list[Drawn]:
    """The same every time, then the real photographs that the image libraries carry."""
    pictures = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for picture, labels in pool.map(_one, range(count), chunksize=20):
            pictures.append(Drawn(_vector(picture, model), frozenset(labels)))
    return pictures + [Drawn(_vector(each, model), frozenset()) for each in _photographs()]


def _one(number: int) -> tuple[bytes, list[str]]:
    sketch = draw(_HELD_OUT + number, height=_HEIGHT, aspect=_ASPECT)
    out = io.BytesIO()
    sketch.image.save(out, "JPEG", quality=92)
    return out.getvalue(), sorted(sketch.tags)


def _photographs() -> Iterator[bytes]:
    from skimage import data
    from sklearn.datasets import load_sample_images

    untyped: Any = data
    arrays = [*load_sample_images().images, *(getattr(untyped, name)() for name in _PHOTOGRAPHS)]
    for array in arrays:
        out = io.BytesIO()
        Image.fromarray(array).convert("RGB").save(out, "JPEG", quality=92)
        yield out.getvalue()


def _vector(picture: bytes, model: ImageTextEncoder) -> NDArray[np.float32]:
    pixels = prepare(decode(picture), model.card.preprocessing)
    vector: NDArray[np.float32] = model.encode_images([pixels])[0]
    return vector


def labelled_library(owner_id: str, drawn: Sequence[Drawn], model: str) -> Iterator[Events]:
    """The drawn pictures as a library: words with two of five, as owners leave them."""
    lot = random.Random(5)
    for number, picture in enumerate(drawn):
        picture_caption = caption(picture.labels, lot) if lot.random() < 0.4 else None
        yield _events(
            owner_id,
            number,
            lot,
            model,
            picture.vector,
            picture_caption.text if picture_caption else None,
            (),
        )


def many(owner_id: str, count: int, drawn: Sequence[Drawn], model: str) -> Iterator[Events]:
    """A large library: mixtures of the drawn, with everyday words, places, cameras and dates."""
    lot = random.Random(11)
    noise = np.random.default_rng(11)
    vectors = np.array([each.vector for each in drawn])
    for number in range(count):
        first, second = lot.randrange(len(vectors)), lot.randrange(len(vectors))
        share = lot.choice((1.0, 1.0, 0.7))
        mixed = share * vectors[first] + (1 - share) * vectors[second]
        mixed += noise.standard_normal(mixed.shape) * _NOISE / np.sqrt(len(mixed))
        words = None
        if lot.random() < 0.3:
            words = f"{lot.choice(NAMES)} at the {lot.choice(OCCASIONS)} {lot.randrange(100)}"
        tags = sorted(
            label for label in drawn[first].labels if ":" not in label and "#" not in label
        )
        yield _events(
            owner_id, number, lot, model, mixed / np.linalg.norm(mixed), words, tuple(tags[:4])
        )


def _events(
    owner_id: str,
    number: int,
    lot: random.Random,
    model: str,
    vector: NDArray[np.float32],
    words: str | None,
    tags: tuple[str, ...],
) -> Events:
    photo_id = new_id()
    taken_at = LATEST - timedelta(days=lot.uniform(0, _DAYS))
    city, region, country, lat, lon = lot.choice(PLACES)
    place = Location(
        lat=lat + lot.uniform(-0.2, 0.2),
        lon=lon + lot.uniform(-0.2, 0.2),
        city=city,
        region=region,
        country=country,
    )
    key = f"derived/{owner_id}/{photo_id}/0123456789abcdef-p1"
    changed = PhotoChanged(
        photo_id=photo_id,
        owner_id=owner_id,
        version=1,
        status="ready",
        filename=f"IMG_{number:06}.jpg",
        content_type="image/jpeg",
        size=3_000_000,
        sha256=f"{number:064x}",
        width=4032,
        height=3024,
        taken_at=taken_at,
        created_at=taken_at,
        caption=words,
        tags=tuple(Tag(name=name, source="ai", confidence=0.8) for name in tags),
        exif=Exif(camera=lot.choice(CAMERAS), iso=200),
        location=place if lot.random() < 0.6 else None,
        blurhash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
        phash=f"{lot.getrandbits(64):016x}",
        palette=tuple(
            Colour(hex=f"#{lot.getrandbits(24):06x}", share=share) for share in (0.5, 0.3, 0.2)
        ),
        variants=tuple(
            Variant(
                name=str(edge),
                format=kind,
                width=edge,
                height=edge * 3 // 4,
                bytes=size,
                key=f"{key}/{edge}.{kind}",
            )
            for edge, kind, size in _VARIANTS
        ),
        original_key=f"originals/{owner_id}/{number:064x}/{photo_id}.jpg",
    )
    embedded = PhotoEmbedded(
        photo_id=photo_id,
        owner_id=owner_id,
        revision=1,
        model=model,
        embedding=tuple(to_floats(vector)),
    )
    return changed, embedded
