"""The account whose library the pictures show: photographs by day, and what a person did."""

import calendar
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image
from rich.console import Console

from pichaven_cli.api import Api, ApiProblem
from pichaven_cli.credentials import Credentials
from pichaven_cli.files import find_files
from pichaven_cli.uploading import Listener, Uploader
from pichaven_cli.waiting import wait_until_processed
from testing.images import decompression_bomb, truncated_jpeg
from testing.photographs import PhotographSet, packaged_set, write_copy

PASSWORD: Final = "four grey gulls over the pier"  # noqa: S105 - of accounts for show
_NAME: Final = "Ada Lindqvist"
_TABLE: Final = Path(__file__).with_name("library.toml")
_PROCESSED_WITHIN_S: Final = 600
_FIRST_OF_DAY: Final = 9
_APART: Final = timedelta(minutes=47)
_LENSES: Final = {"X-T5": ("FUJIFILM", 35.0), "EOS R6": ("Canon", 50.0), "TG-7": ("OLYMPUS", 4.5)}
_PHONE: Final = ("Google", 6.9)
_SHARED_AFTER: Final = timedelta(days=6)
"""Copies are in another row of the timeline than what they are copies of."""
_DAMAGED: Final = {"IMG_0917.jpg": truncated_jpeg(917), "Poster.png": decompression_bomb()}
_DAMAGED_AT: Final = "2019-05-18T12:00:00+02:00"
_KEYS: Final = (
    {"name": "Backup of the laptop"},
    {"name": "Picture frame in the hall", "scopes": ["photos:read"]},
)
out = Console()


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph, and what its file is to say of it."""

    photograph: str
    file: str
    taken_at: datetime
    position: tuple[float, float] | None
    camera: str | None


def make_account(url: str) -> str:
    """Register an account that the platform does not have, fill its library; return its email."""
    email, api = _register(url)
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    photographs = packaged_set()
    shots = list(_shots(table, date.today()))  # noqa: DTZ011 - days as the browser counts them
    with tempfile.TemporaryDirectory(prefix="pichaven-pictures-") as folder:
        out.print(f"{email}: uploading {len(shots)} photographs")
        _write_files(shots, table["copies"], photographs, Path(folder))
        ids = _upload(api, Path(folder))
    by_photograph = {shot.photograph: ids[shot.file] for shot in shots}
    for photograph, change in table["changes"].items():
        api.call("PATCH", f"/photos/{by_photograph[photograph]}", json=change)
    for photograph in table["trash"]["photographs"]:
        api.call("DELETE", f"/photos/{by_photograph[photograph]}")
    for name in _DAMAGED:
        api.call("PATCH", f"/photos/{ids[name]}", json={"taken_at": _DAMAGED_AT})
    for key in _KEYS:
        api.post_once("/me/api-keys", key)
    _wait_until_analyzed(api, set(by_photograph.values()))
    api.close()
    return email


def remove_uploads(url: str, email: str, files: set[str]) -> None:
    """Delete what pictures of uploads left in the library of an account, by file names."""
    api = _sign_in(url, email)
    for photo in api.get("/photos", limit=200)["items"]:
        if photo["filename"] in files:
            api.call("DELETE", f"/photos/{photo['id']}")
            api.call("DELETE", f"/trash/{photo['id']}")
    api.close()


def write_duplicate(folder: Path) -> Path:
    """Write a file again that the library of today has, and return its path."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    shot = next(_shots(table, date.today()))  # noqa: DTZ011
    write_copy(packaged_set().files[shot.photograph], folder / shot.file, _exif(shot))
    return folder / shot.file


def _sign_in(url: str, email: str) -> Api:
    api = Api(url)
    tokens = api.log_in(email, PASSWORD, None)
    api.close()
    return Api(url, credentials=_credentials(url, email, tokens))


def _credentials(url: str, email: str, tokens: Mapping[str, str]) -> Credentials:
    return Credentials(url, email, tokens["access_token"], tokens["refresh_token"])


def _register(url: str) -> tuple[str, Api]:
    number = 1
    while True:
        email = "ada@example.com" if number == 1 else f"ada.{number}@example.com"
        api = Api(url)
        try:
            body = {"email": email, "password": PASSWORD, "name": _NAME}
            tokens = api.post("/auth/register", body)
        except ApiProblem as problem:
            if problem.status != HTTPStatus.CONFLICT:
                raise
            number += 1
            continue
        finally:
            api.close()
        return email, Api(url, credentials=_credentials(url, email, tokens))


def _shots(table: Mapping[str, Any], today: date) -> Iterator[Shot]:
    number = 1024
    for day in table["day"]:
        zone = timezone(timedelta(hours=day["offset"]))
        taken_at = datetime.combine(_date_of(day, today), datetime.min.time(), zone)
        taken_at += timedelta(hours=_FIRST_OF_DAY)
        for place, photograph in enumerate(day["photographs"]):
            number += 1
            lat, lon = day["place"]
            # A walk, so that a near view of the map has more than one spot.
            position = (lat + 0.004 * place, lon + 0.006 * (place % 3))
            name = f"IMG_{number}.jpg"
            yield Shot(photograph, name, taken_at + place * _APART, position, day["camera"])
    for place, photograph in enumerate(table["trash"]["photographs"]):
        taken_at = datetime.combine(today, datetime.min.time(), UTC) - (place + 9) * 3 * _APART
        yield Shot(photograph, f"IMG_{number + 40 + place}.jpg", taken_at, None, None)


def _date_of(day: Mapping[str, Any], today: date) -> date:
    if "days_ago" in day:
        return today - timedelta(days=day["days_ago"])
    year = today.year - int(day["years_ago"])
    return today.replace(year=year, day=min(today.day, calendar.monthrange(year, today.month)[1]))


def _write_files(
    shots: list[Shot], copies: Mapping[str, int], photographs: PhotographSet, folder: Path
) -> None:
    for shot in shots:
        write_copy(photographs.files[shot.photograph], folder / shot.file, _exif(shot))
        if width := copies.get(shot.photograph):
            _write_copy_of(shot, width, folder)
    for name, data in _DAMAGED.items():
        (folder / name).write_bytes(data)


def _write_copy_of(shot: Shot, width: int, folder: Path) -> None:
    taken_at = shot.taken_at + _SHARED_AFTER
    file = f"IMG-{taken_at:%Y%m%d}-WA{width:04}.jpg"
    exif = _exif(Shot(shot.photograph, file, taken_at, None, None))
    with Image.open(folder / shot.file) as image:
        copy = image.resize((width, round(image.height * width / image.width)))
        copy.save(folder / file, "JPEG", quality=55, exif=exif)


def _exif(shot: Shot) -> Image.Exif:
    exif = Image.Exif()
    taken = shot.taken_at
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
    details[ExifTags.Base.OffsetTimeOriginal] = _offset(taken)
    if shot.camera is not None:
        make, focal_mm = _LENSES.get(shot.camera, _PHONE)
        exif[ExifTags.Base.Make] = make
        exif[ExifTags.Base.Model] = shot.camera
        details[ExifTags.Base.FNumber] = 2.8
        details[ExifTags.Base.ExposureTime] = 1 / 250
        details[ExifTags.Base.ISOSpeedRatings] = 200
        details[ExifTags.Base.FocalLength] = focal_mm
    if shot.position is not None:
        lat, lon = shot.position
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N" if lat >= 0 else "S",
                ExifTags.GPS.GPSLatitude: (abs(lat), 0, 0),
                ExifTags.GPS.GPSLongitudeRef: "E" if lon >= 0 else "W",
                ExifTags.GPS.GPSLongitude: (abs(lon), 0, 0),
            }
        )
    return exif


def _offset(taken: datetime) -> str:
    text = f"{taken:%z}"
    return f"{text[:3]}:{text[3:]}"


def _upload(api: Api, folder: Path) -> dict[str, str]:
    """Upload a folder, wait until it is processed and return the photos' ids by file name."""
    uploader = Uploader(
        api, parallel=4, lane="interactive", on_duplicate="skip", listener=Listener()
    )
    summary = uploader.run(find_files([folder]))
    for failure in summary.failures:
        raise SystemExit(f"{failure.file.path.name}: {failure.reason}")
    wait_until_processed(api, summary, lambda: None, timeout_s=_PROCESSED_WITHIN_S)
    return {
        result.file.path.name: result.photo_id
        for result in summary.results
        if result.photo_id is not None
    }


def _wait_until_analyzed(api: Api, photo_ids: set[str]) -> None:
    """Wait until search can compare every photo."""
    deadline = time.monotonic() + _PROCESSED_WITHIN_S
    while photo_ids:
        for photo_id in list(photo_ids):
            if api.get(f"/photos/{photo_id}")["analysis"]["state"] == "done":
                photo_ids.discard(photo_id)
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(photo_ids)} photos are not analyzed yet; see `make logs`")
        time.sleep(0.5)
