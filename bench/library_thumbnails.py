"""Real thumbnails for a large library: a few hundred files under the keys of all photos.

The local stack's storage is a folder. Each photo's key there is a hard link to the picture of the
drawn photo that it repeats, so a browser loads and decodes every one, and the disk has each once.
"""

import io
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from bench.library_photos import DrawnPhoto
from bench.photographs import source_photographs
from pichaven_contracts.photo import Variant
from pichaven_contracts.variants import grid_variant
from pichaven_gallery.photos.photo import Photo
from pichaven_local.stack import Stack

CORPUS: Final = (
    "each photo's thumbnail is one of 500 crops of 7 photographs of scikit-image and scikit-learn"
)
_QUALITY: Final = 80


class ThumbnailFiles:
    def __init__(self, stack: Stack, drawn: Iterable[DrawnPhoto]) -> None:
        """Write the pictures of the drawn photos."""
        bucket = stack.environment("upload")["PICHAVEN_STORAGE_BUCKET"]
        self._folder = stack.directory / "data" / "storage" / "data" / bucket
        sources = source_photographs()
        for each in drawn:
            variant = _thumbnail(each.photo)
            file = self._folder / variant.key
            file.parent.mkdir(parents=True)
            file.write_bytes(_crop(sources, each.picture, variant))

    def link(self, drawn: Sequence[DrawnPhoto], photos: Sequence[Photo]) -> None:
        """Put the picture of each drawn photo under the key of its copy."""
        for source, photo in zip(drawn, photos, strict=True):
            file = self._folder / _thumbnail(photo).key
            file.parent.mkdir(parents=True)
            file.hardlink_to(self._folder / _thumbnail(source.photo).key)


def _thumbnail(photo: Photo) -> Variant:
    assert photo.processed is not None
    variant = grid_variant(photo.processed.variants)
    assert variant is not None
    return variant


def _crop(sources: Sequence[Image.Image], number: int, variant: Variant) -> bytes:
    rng = np.random.default_rng(number)
    picture = sources[number % len(sources)]
    share = rng.uniform(0.4, 0.9)
    width, height = (round(side * share) for side in picture.size)
    left, top = (
        int(rng.uniform(0, picture.width - width)),
        int(rng.uniform(0, picture.height - height)),
    )
    part = picture.crop((left, top, left + width, top + height))
    thumbnail = ImageOps.fit(part, (variant.width, variant.height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    thumbnail.convert("RGB").save(out, variant.format, quality=_QUALITY)
    return out.getvalue()
