"""The demo's photographs, with dates and positions that their files never had."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from PIL import ExifTags, Image

from testing.photographs import PhotographSet, write_copy

Position = tuple[float, float]
"""Latitude and longitude in degrees."""

POSITIONS: Final[dict[str, Position]] = {
    "perception/image1.jpg": (48.1275, 11.5235),
    "perception/image3.jpg": (-12.0453, -77.0308),
    "perception/image9.jpg": (55.7525, 37.6231),
    "skimage/rocket.jpg": (28.5620, -80.5770),
    "sklearn/china.jpg": (39.9998, 116.2755),
}
"""Where pictures were taken whose sources say so: Munich, Lima, Moscow, Cape Canaveral, Beijing."""
DAYS: Final[tuple[tuple[date, tuple[str, ...]], ...]] = (
    (
        date(2023, 7, 14),
        (
            "caer/drone.jpg",
            "caer/mountain.jpg",
            "caer/camera.jpg",
            "caer/tent.jpg",
            "caer/night.jpg",
        ),
    ),
    (
        date(2023, 7, 15),
        ("caer/sunrise.jpg", "sklearn/flower.jpg", "perception/image2.jpg", "renertpy/rose.jpg"),
    ),
    (
        date(2023, 12, 23),
        (
            "interior_photos/pexels-5853819.jpg",
            "interior_photos/pexels-2416933.jpg",
            "interior_photos/pexels-4543103.jpg",
            "interior_photos/pexels-7688357.jpg",
            "caer/guitar.jpg",
            "caer/rotary_phone.jpg",
        ),
    ),
    (date(2024, 5, 9), ("caer/sea_turtle.jpg", "caer/jellyfish.jpg", "caer/blue_tang.jpg")),
    (
        date(2024, 9, 20),
        ("perception/image1.jpg", "perception/image5.jpg", "perception/image7.jpg"),
    ),
    (date(2024, 9, 23), ("perception/image9.jpg", "caer/beverages.jpg", "skimage/coffee.png")),
    (date(2024, 10, 2), ("sklearn/china.jpg", "renertpy/panda.jpg", "renertpy/parrot.jpg")),
    (date(2025, 3, 8), ("perception/image3.jpg", "skimage/motorcycle_left.png")),
    (
        date(2025, 8, 30),
        (
            "skimage/rocket.jpg",
            "skimage/astronaut.png",
            "perception/image10.jpg",
            "skimage/page.png",
        ),
    ),
    (
        date(2025, 11, 16),
        (
            "caer/puppy.jpg",
            "caer/black_cat.jpg",
            "skimage/chelsea.png",
            "renertpy/puppy.jpg",
            "renertpy/kitten.jpg",
        ),
    ),
)
"""The invented days, in order, and the names in the set of the photographs taken on each."""
PHOTOGRAPHS: Final = tuple(name for _, names in DAYS for name in names)
_FIRST_OF_DAY: Final = time(10, 30, tzinfo=UTC)
_APART: Final = timedelta(minutes=47)


def write_samples(photographs: PhotographSet, folder: Path) -> dict[str, str]:
    """Write the photographs as IMG_0001.jpg and so on; return their names in the set by these."""
    names = {}
    for number, name in enumerate(PHOTOGRAPHS):
        copy = folder / f"IMG_{number + 1:04}.jpg"
        write_copy(photographs.files[name], copy, _exif(taken_at(number), POSITIONS.get(name)))
        names[copy.name] = name
    return names


def taken_at(number: int) -> datetime:
    """Return the invented time of a photograph by its place in `PHOTOGRAPHS`."""
    for day, names in DAYS:
        if number < len(names):
            return datetime.combine(day, _FIRST_OF_DAY) + number * _APART
        number -= len(names)
    raise IndexError(number)


def _exif(taken: datetime, position: Position | None) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: taken.strftime("%Y:%m:%d %H:%M:%S"),
            ExifTags.Base.OffsetTimeOriginal: "+00:00",
        }
    )
    if position is not None:
        latitude, longitude = position
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
                ExifTags.GPS.GPSLatitude: tuple(_degrees(abs(latitude))),
                ExifTags.GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
                ExifTags.GPS.GPSLongitude: tuple(_degrees(abs(longitude))),
            }
        )
    return exif


def _degrees(value: float) -> Iterable[float]:
    """Yield degrees, minutes and seconds."""
    minutes, seconds = divmod(round(value * 3600, 2), 60)
    yield from divmod(minutes, 60)
    yield seconds
