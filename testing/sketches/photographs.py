"""Drawn pictures as a camera writes them: JPEG files with EXIF, dates, positions and names."""

import io
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from PIL import ExifTags, Image

from testing.sketches.scenes import INDOORS, SETTINGS, Wish, draw


@dataclass(frozen=True)
class Camera:
    make: str
    model: str
    lens: str
    focal_length: float  # mm
    aperture: float
    file_prefix: str


@dataclass(frozen=True)
class Spot:
    """A geo place and the settings that occur there."""

    name: str
    latitude: float
    longitude: float
    settings: frozenset[str]


@dataclass(frozen=True)
class Photograph:
    """A JPEG file with its tags and the values of its EXIF.

    `taken_at` is local time without zone; `spot` is None where the file has no GPS position.
    """

    filename: str
    jpeg: bytes
    width: int
    height: int
    tags: frozenset[str]
    taken_at: datetime
    camera: Camera
    spot: Spot | None


CAMERAS: Final = (
    Camera("Apple", "iPhone 15 Pro", "iPhone 15 Pro back camera", 6.8, 1.8, "IMG_"),
    Camera("samsung", "SM-S921B", "Samsung S24 rear camera", 5.4, 1.8, "20"),
    Camera("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM", 35.0, 5.6, "IMG_"),
    Camera("NIKON CORPORATION", "NIKON Z 6", "NIKKOR Z 50mm f/1.8 S", 50.0, 4.0, "DSC_"),
    Camera("FUJIFILM", "X-T4", "XF23mmF2 R WR", 23.0, 2.8, "DSCF"),
)


def _spot(name: str, latitude: float, longitude: float, settings: str) -> Spot:
    return Spot(name, latitude, longitude, frozenset(settings.split()))


_INSIDE: Final = " ".join(sorted(INDOORS))
SPOTS: Final = (
    _spot("Lisbon", 38.6979, -9.4215, f"beach sea city road garden {_INSIDE}"),
    _spot("Zermatt", 46.0207, 7.7491, f"mountain snow lake forest {_INSIDE}"),
    _spot("Berlin", 52.5200, 13.4050, f"city road garden lake forest {_INSIDE}"),
    _spot("Merzouga", 31.0802, -4.0133, "desert road"),
    _spot("Kyoto", 35.0116, 135.7681, f"forest garden city mountain {_INSIDE}"),
    _spot("Cape Town", -33.9249, 18.4241, f"beach sea mountain city {_INSIDE}"),
    _spot("Queenstown", -45.0312, 168.6626, f"lake mountain field snow road {_INSIDE}"),
    _spot("Cork", 51.8985, -8.4756, f"field garden road sea {_INSIDE}"),
)

_FIRST_DAY: Final = datetime(2019, 1, 1)  # noqa: DTZ001 - cameras keep local time without zone
_DAYS: Final = 6 * 365
_HOURS: Final = {"night": (21, 24), "sunset": (18, 20), "day": (9, 17)}


def photograph(
    seed: int, *, width: int = 1600, height: int = 1200, quality: int = 85, wish: Wish | None = None
) -> Photograph:
    """Return the photograph of a seed: the same bytes for the same version of Pillow.

    Season, hour and place agree with the picture; one in five has no GPS position.
    """
    sketch = draw(seed, height=height, aspect=width / height, wish=wish)
    rng = random.Random(f"photograph {seed}")
    camera = rng.choice(CAMERAS)
    taken_at = _moment(sketch.tags, rng)
    setting = next((name for name in SETTINGS if _shows(sketch.tags, name)), "studio")
    spot = rng.choice([spot for spot in SPOTS if setting in spot.settings])
    located = spot if rng.random() < 0.8 else None
    exif = _exif(camera, taken_at, located, night="night" in sketch.tags)
    data = io.BytesIO()
    sketch.image.save(data, "JPEG", quality=quality, exif=exif)
    name = f"{camera.file_prefix}{taken_at:%y%m%d}_{seed % 10_000:04d}.JPG"
    return Photograph(
        name, data.getvalue(), *sketch.image.size, sketch.tags, taken_at, camera, located
    )


def _shows(tags: frozenset[str], setting: str) -> bool:
    return ("grass" if setting == "field" else setting) in tags


def _moment(tags: frozenset[str], rng: random.Random) -> datetime:
    """Return a time that fits the light and the season."""
    first, last = next((span for hour, span in _HOURS.items() if hour in tags), (8, 22))
    day = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    if "winter" in tags:
        day = day.replace(month=rng.choice((1, 2, 12)), day=min(day.day, 28))
    elif "autumn" in tags:
        day = day.replace(month=rng.choice((10, 11)), day=min(day.day, 28))
    elif "christmas tree" in tags:
        day = day.replace(month=12, day=min(day.day, 28))
    seconds = rng.randrange(first * 3600, last * 3600)
    return day + timedelta(seconds=seconds)


def _exif(camera: Camera, taken_at: datetime, spot: Spot | None, *, night: bool) -> Image.Exif:
    moment = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = camera.make
    exif[ExifTags.Base.Model] = camera.model
    exif[ExifTags.Base.Orientation] = 1
    exif[ExifTags.Base.DateTime] = moment
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = moment
    details[ExifTags.Base.DateTimeDigitized] = moment
    details[ExifTags.Base.ExposureTime] = 1 / 15 if night else 1 / 250
    details[ExifTags.Base.FNumber] = camera.aperture
    details[ExifTags.Base.ISOSpeedRatings] = 1600 if night else 100
    details[ExifTags.Base.FocalLength] = camera.focal_length
    details[ExifTags.Base.LensModel] = camera.lens
    if spot is not None:
        position = exif.get_ifd(ExifTags.IFD.GPSInfo)
        position[ExifTags.GPS.GPSLatitudeRef] = "N" if spot.latitude >= 0 else "S"
        position[ExifTags.GPS.GPSLatitude] = _degrees(spot.latitude)
        position[ExifTags.GPS.GPSLongitudeRef] = "E" if spot.longitude >= 0 else "W"
        position[ExifTags.GPS.GPSLongitude] = _degrees(spot.longitude)
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(round(abs(value) * 3600, 2), 60)
    degrees, minutes = divmod(minutes, 60)
    return (degrees, minutes, round(seconds, 2))
