"""Twelve-megapixel JPEGs as from a camera, composed of real photographs."""

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps
from skimage import data
from sklearn.datasets import load_sample_images

WIDTH: Final = 4032
HEIGHT: Final = 3024
CORPUS: Final = (
    "12 MP JPEGs (4032 x 3024, quality 92, 4:2:0, EXIF; every other one with an sRGB profile):"
    " each shows 3 x 2 real photographs from scikit-image and scikit-learn, enlarged to about"
    " their own sharpness at 1920 pixels, with sensor noise added at full size"
)
_COLUMNS: Final = 3
_ROWS: Final = 2
_READ_NOISE: Final = 1.0
_SHOT_NOISE: Final = 0.12

Pixels = NDArray[np.uint8]


def photographs(count: int) -> Iterator[bytes]:
    """Yield different photographs, the same ones each time."""
    sources = source_photographs()
    for seed in range(count):
        yield _encode(_add_noise(_compose(sources, seed), seed), tagged=seed % 2 == 0)


def source_photographs() -> list[Image.Image]:
    """Return the photographs of the image libraries."""
    untyped: Any = data
    pictures: Sequence[Any] = [
        *load_sample_images().images,
        *(make() for make in (untyped.astronaut, untyped.coffee, untyped.chelsea, untyped.rocket)),
        untyped.stereo_motorcycle()[0],
    ]
    return [Image.fromarray(picture) for picture in pictures]


def _compose(sources: Sequence[Image.Image], seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    canvas = Image.new("RGB", (WIDTH, HEIGHT))
    size = WIDTH // _COLUMNS, HEIGHT // _ROWS
    for cell, index in enumerate(random.permutation(len(sources))[: _COLUMNS * _ROWS]):
        centre = random.uniform(0.3, 0.7), random.uniform(0.3, 0.7)
        tile = ImageOps.fit(sources[index], size, Image.Resampling.LANCZOS, centering=centre)
        if random.integers(2):
            tile = ImageOps.mirror(tile)
        canvas.paste(tile, (cell % _COLUMNS * size[0], cell // _COLUMNS * size[1]))
    return canvas


def _add_noise(picture: Image.Image, seed: int) -> Image.Image:
    random = np.random.default_rng(1_000 + seed)
    pixels = np.asarray(picture, dtype=np.float32)
    deviation = np.sqrt(_READ_NOISE**2 + _SHOT_NOISE * pixels)
    pixels += random.standard_normal(pixels.shape, dtype=np.float32) * deviation
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _encode(picture: Image.Image, *, tagged: bool) -> bytes:
    exif = picture.getexif()
    exif[ExifTags.Base.Make] = "Example"
    exif[ExifTags.Base.Model] = "Example Camera 12"
    exif[ExifTags.Base.Orientation] = 1
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: "2026:06:21 12:00:00",
            ExifTags.Base.FNumber: 1.8,
            ExifTags.Base.ISOSpeedRatings: 100,
        }
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if tagged else None
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92, exif=exif, icc_profile=profile)
    return buffer.getvalue()
