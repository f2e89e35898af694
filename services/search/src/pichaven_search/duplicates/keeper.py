"""Which photo of a group of near duplicates is worth keeping, and why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Stored = Mapping[str, Any]
"""The fields of a stored photo."""

_FORMATS: Final = {
    "image/jpeg": 2,
    "image/heic": 2,
    "image/heif": 2,
    "image/avif": 1,
    "image/webp": 1,
    "image/gif": 0,
}
"""How near the original a file of a kind usually is; raw files, TIFF, PNG and others are 3."""
_ORIGINAL: Final = 3
_MEASURES: Final[tuple[tuple[str, Callable[[Stored], int]], ...]] = (
    ("favorite", lambda photo: int(photo["favorite"])),
    ("rating", lambda photo: photo["rating"] or 0),
    ("more_pixels", lambda photo: (photo["width"] or 0) * (photo["height"] or 0)),
    ("camera_data", lambda photo: sum(value is not None for value in photo["exif"].values())),
    ("location", lambda photo: int(photo["location"] is not None)),
    ("described", lambda photo: bool(photo["caption"]) + _own_tags(photo)),
    ("better_format", lambda photo: _FORMATS.get(photo["content_type"], _ORIGINAL)),
    ("larger_file", lambda photo: int(photo["size"])),
)
"""By weight: what the owner did to a photo, then what the picture is, then what it knows."""


def keeper_of(photos: Sequence[Stored]) -> tuple[str, list[str]]:
    """The id of the one to keep, and codes of what it is ahead of another in, the weightiest
    first: `favorite`, `rating`, `more_pixels`, `camera_data`, `location`, `described`,
    `better_format`, `larger_file`; `oldest` where nothing else tells them apart."""
    best = min(photos, key=_rank)
    why = [
        code
        for code, measure in _MEASURES
        if measure(best) == max(map(measure, photos)) > min(map(measure, photos))
    ]
    return best["id"], why or ["oldest"]


def _rank(photo: Stored) -> tuple[Any, ...]:
    return (*(-measure(photo) for _, measure in _MEASURES), photo["created_at"], photo["id"])


def _own_tags(photo: Stored) -> int:
    return sum(tag["source"] == "user" for tag in photo["tags"])
