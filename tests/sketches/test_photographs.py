"""Drawn photographs read like a camera's files."""

import io

import pytest
from PIL import ExifTags, Image

from testing.sketches import Wish
from testing.sketches.photographs import photograph


def _exif(jpeg: bytes) -> Image.Exif:
    return Image.open(io.BytesIO(jpeg)).getexif()


def test_a_photograph_is_a_jpeg_of_the_size_asked_for():
    photo = photograph(1, width=640, height=480)

    with Image.open(io.BytesIO(photo.jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (640, 480))
    assert (photo.width, photo.height) == (640, 480)
    assert photo.filename.endswith(".JPG")


def test_its_exif_says_camera_and_date():
    photo = photograph(2, width=160, height=120)
    exif = _exif(photo.jpeg)

    assert exif[ExifTags.Base.Model] == photo.camera.model
    taken = exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal]
    assert taken == photo.taken_at.strftime("%Y:%m:%d %H:%M:%S")


def test_its_position_is_that_of_its_spot():
    photos = [photograph(seed, width=96, height=72) for seed in range(30)]
    located = [photo for photo in photos if photo.spot]

    assert 15 < len(located) < 30
    for photo in photos:
        position = _exif(photo.jpeg).get_ifd(ExifTags.IFD.GPSInfo)
        if photo.spot is None:
            assert not position
            continue
        degrees, minutes, seconds = map(float, position[ExifTags.GPS.GPSLatitude])
        sign = 1 if position[ExifTags.GPS.GPSLatitudeRef] == "N" else -1
        latitude = sign * (degrees + minutes / 60 + seconds / 3600)
        assert latitude == pytest.approx(photo.spot.latitude, abs=1e-4)


def test_the_hour_fits_the_light():
    night = photograph(3, width=96, height=72, wish=Wish(setting="city", hour="night"))
    day = photograph(3, width=96, height=72, wish=Wish(setting="city", hour="day"))

    assert night.taken_at.hour >= 21
    assert 9 <= day.taken_at.hour < 17


def test_the_same_seed_gives_the_same_file():
    assert photograph(4, width=96, height=72) == photograph(4, width=96, height=72)
