"""What a grid shows of a photo, as the photo's document stores it.

An index has it beside the sort key, so that a month of the timeline is read from the index alone.
Its text is compared at every write: where it differs, the month has changed.
"""

import json
from datetime import datetime
from typing import Final, NamedTuple

from pichaven_chassis.display_text import clean_text
from pichaven_chassis.pagination import TimeCursor
from pichaven_contracts import api
from pichaven_contracts.variants import grid_variant
from pichaven_gallery.photos.edits import UNSET
from pichaven_gallery.photos.photo import Photo, Status

_OWNER: Final = "{owner}"
_PHOTO: Final = "{photo}"


_MAX_NAME: Final = 120


_STATUSES: Final[dict[Status, api.Status]] = {
    Status.PROCESSING: "processing",
    Status.READY: "ready",
    Status.FAILED: "failed",
}


class Tile(NamedTuple):
    status: api.Status
    name: str
    aspect_ratio: float | None = None
    """Width through height."""
    blurhash: str | None = None
    offset: int | None = None
    """Of the wall time, in minutes east of UTC."""
    favorite: bool = False
    thumbnail_format: str | None = None
    thumbnail_key: str | None = None
    """Of the grid's variant in storage; the ids of owner and photo, which it repeats, are left
    out."""

    @classmethod
    def of(cls, photo: Photo) -> "Tile":
        processed, offset = photo.processed, photo.capture_time.offset
        status, favorite = _STATUSES[photo.status], photo.edits.favorite
        name = to_name(caption_of(photo), photo.original.filename if photo.original else "")
        if processed is None:
            return cls(status, name, offset=offset, favorite=favorite)
        thumbnail = grid_variant(processed.variants)
        key = thumbnail.key if thumbnail else None
        return cls(
            status,
            name,
            to_aspect_ratio(processed.width, processed.height),
            processed.blurhash,
            offset,
            favorite,
            thumbnail.format if thumbnail else None,
            key and key.replace(photo.owner_id, _OWNER).replace(photo.photo_id, _PHOTO),
        )

    def to_text(self) -> str:
        return json.dumps(self, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Tile":
        return cls(*json.loads(text))

    def storage_key(self, owner_id: str, photo_id: str) -> str | None:
        """Return the key of the thumbnail in storage."""
        key = self.thumbnail_key
        return key and key.replace(_OWNER, owner_id).replace(_PHOTO, photo_id)


class PhotoTile(NamedTuple):
    """A tile where the timeline has it."""

    photo_id: str
    taken_at_local: datetime
    """As `CaptureTime.local_key`."""
    tile: Tile

    @property
    def cursor(self) -> TimeCursor:
        """Its place in the timeline."""
        return TimeCursor.at(self.taken_at_local, self.photo_id)


def caption_of(photo: Photo) -> str | None:
    """Return the owner's caption, else the file's."""
    if photo.edits.caption is not UNSET:
        return photo.edits.caption
    return clean_text((photo.processed and photo.processed.caption) or "") or None


def to_name(caption: str | None, filename: str) -> str:
    """Return what a photo is called where there is room for one line."""
    line = " ".join((caption or "").split()) or filename
    return line if len(line) <= _MAX_NAME else f"{line[: _MAX_NAME - 1]}…"


def to_aspect_ratio(width: int | None, height: int | None) -> float | None:
    return round(width / height, 4) if width and height else None
