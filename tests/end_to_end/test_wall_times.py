"""From a camera's clock to the month that a photo is in: the day is the one on the spot."""

from typing import Any

import pytest
from PIL import ExifTags, Image

from testing.api_client import ApiClient
from testing.images import jpeg

NEW_YEAR = "2024:01:01 00:30:00"
IN_TOKYO = {
    "taken_at": "2023-12-31T15:30:00Z",
    "taken_at_local": "2024-01-01T00:30:00",
    "taken_at_offset": "+09:00",
}


def _exif(*, offset: str | None = None, position: tuple[float, float] | None = None) -> Image.Exif:
    exif = Image.Exif()
    photo = exif.get_ifd(ExifTags.IFD.Exif)
    photo[ExifTags.Base.DateTimeOriginal] = NEW_YEAR
    if offset is not None:
        photo[ExifTags.Base.OffsetTimeOriginal] = offset
    if position is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat, lon = position
        gps[ExifTags.GPS.GPSLatitudeRef] = "N"
        gps[ExifTags.GPS.GPSLatitude] = (lat, 0.0, 0.0)
        gps[ExifTags.GPS.GPSLongitudeRef] = "E"
        gps[ExifTags.GPS.GPSLongitude] = (lon, 0.0, 0.0)
    return exif


def _times(photo: dict[str, Any]) -> dict[str, Any]:
    return {name: photo[name] for name in IN_TOKYO}


@pytest.mark.parametrize(
    ("exif", "source", "seed"),
    [
        (_exif(offset="+09:00"), "file", 4401),
        (_exif(position=(35.6586, 139.7454)), "gps", 4402),
    ],
    ids=["file", "gps"],
)
async def test_new_year_in_tokyo_is_in_january_for_everybody(
    person: ApiClient, exif: Image.Exif, source: str, seed: int
) -> None:
    name = f"newyear{source}.jpg"
    photo_id = await person.upload(name, jpeg(seed, exif=exif))

    photo = await person.wait_until_ready(photo_id)

    assert (_times(photo), photo["taken_at_source"]) == (IN_TOKYO, source)
    months = {each["month"] for each in (await person.json("GET", "/timeline"))["buckets"]}
    assert "2024-01" in months
    assert "2023-12" not in months
    page = await person.json("GET", "/timeline/2024-01")
    assert photo_id in page["id"]
    listed = await person.json("GET", "/photos", params={"from": "2024-01-01", "to": "2024-01-01"})
    assert photo_id in [item["id"] for item in listed["items"]]
    for tz in ("UTC", "America/New_York", "Asia/Tokyo"):
        hit = await person.wait_for_hit(photo_id, q=f"newyear{source} january 2024", tz=tz)
        assert _times(hit["photo"]) == IN_TOKYO
    await person.json("DELETE", f"/photos/{photo_id}")
