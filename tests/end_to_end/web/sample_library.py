"""An account with some of everything, for tests that only look."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PIL import ExifTags, Image

from testing.api_client import ApiClient
from testing.images import encode, jpeg, truncated_jpeg
from testing.polling import eventually
from testing.sketches import Wish, draw

CAPTION: Final = "Ferry in the harbour"
MONTHS: Final = 20
LISBON: Final = (38.7139, -9.1394)


@dataclass(frozen=True, slots=True)
class SampleLibrary:
    """Photos `01.jpg`, the earliest, to `20.jpg`, the latest: one a month from January 2024 on.

    `20.jpg` has the caption and is a favorite; the even ones were taken in Lisbon. Besides, there
    are two of the same picture, one photo in the trash, and one that could not be processed.
    """

    user_id: str
    email: str
    ids: Mapping[str, str]
    """By file name."""

    @property
    def captioned(self) -> str:
        return self.ids[f"{MONTHS}.jpg"]


def _exif(number: int) -> Image.Exif:
    """Return the time of a photo, and a position where it has one."""
    years, month = divmod(number - 1, 12)
    taken_at = datetime(2024 + years, month + 1, 5, 12)
    exif = Image.Exif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    if number % 2 == 0:
        latitude, longitude = LISBON
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (latitude, 0.0, 0.0),
                ExifTags.GPS.GPSLongitudeRef: "W",
                ExifTags.GPS.GPSLongitude: (-longitude, 0.0, 0.0),
            }
        )
    return exif


async def upload_samples(client: ApiClient) -> SampleLibrary:
    """Upload the photos of a new account and return when search has them."""
    numbers = range(1, MONTHS + 1)
    files = {f"{each:02}.jpg": jpeg(500 + each, exif=_exif(each)) for each in numbers}
    picture = draw(890_200, height=900, aspect=4 / 3, wish=Wish(setting="lake", hour="day")).image
    smaller = picture.resize((picture.width // 3, picture.height // 3))
    # The smaller one first, since the first photo is the one of which the other is a copy.
    files |= {
        "small copy.jpg": encode(smaller, "JPEG", quality=90),
        "original.jpg": encode(picture, "JPEG", quality=92),
        "unwanted.jpg": jpeg(590),
        "half.jpg": truncated_jpeg(591),
    }
    uploads = (client.upload(name, data) for name, data in files.items())
    ids = dict(zip(files, await asyncio.gather(*uploads), strict=True))
    library = SampleLibrary(client.user_id, client.email, ids)
    for photo_id in ids.values():
        await client.wait_until_processed(photo_id)
    await client.json("DELETE", f"/photos/{ids['unwanted.jpg']}")
    changes = {"caption": CAPTION, "favorite": True, "tags_add": ["holiday"]}
    await client.json("PATCH", f"/photos/{library.captioned}", json=changes)
    await client.wait_for_hit(library.captioned, q=CAPTION)
    await client.wait_for_hit(ids["02.jpg"], bbox="-20,30,20,60")
    pair = {ids["small copy.jpg"], ids["original.jpg"]}
    await wait_until_compared(client, files["original.jpg"], pair)
    return library


async def wait_until_compared(client: ApiClient, picture: bytes, photo_ids: set[str]) -> None:
    """Return once search has the embeddings of all photos that look like a picture.

    Before that /duplicates is not requested, since search caches its groups for half a minute.
    """

    async def are_compared() -> bool:
        files = {"file": ("picture", picture, "image/jpeg")}
        page = await client.json("POST", "/search/image", files=files)
        assert {item["photo"]["id"] for item in page["items"]} >= photo_ids
        return True

    await eventually(are_compared, "search has every picture", 60)
