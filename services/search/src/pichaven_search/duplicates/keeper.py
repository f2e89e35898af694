"""Choose the photo of a group of near duplicates to keep, with the reasons."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

PhotoFields = Mapping[str, Any]
"""The public fields of a photo in the index."""

_FORMAT_RANKS: Final = {
    "image/jpeg": 2,
    "image/heic": 2,
    "image/heif": 2,
    "image/avif": 1,
    "image/webp": 1,
    "image/gif": 0,
}
"""Rank of a format by how close to the original it usually is."""
_ORIGINAL: Final = 3
"""Rank of raw files, TIFF, PNG and others."""
_CRITERIA: Final[tuple[tuple[str, Callable[[PhotoFields], int]], ...]] = (
    ("favorite", lambda photo: int(photo["favorite"])),
    ("rating", lambda photo: photo["rating"] or 0),
    ("more_pixels", lambda photo: (photo["width"] or 0) * (photo["height"] or 0)),
    ("camera_data", lambda photo: sum(value is not None for value in photo["exif"].values())),
    ("location", lambda photo: int(photo["location"] is not None)),
    ("described", lambda photo: bool(photo["caption"]) + _own_tags(photo)),
    ("better_format", lambda photo: _FORMAT_RANKS.get(photo["content_type"], _ORIGINAL)),
    ("larger_file", lambda photo: int(photo["size"])),
)
"""The weightiest first: the owner's marks, then the picture, then its data, then the file."""


def choose_keeper(photos: Sequence[PhotoFields]) -> tuple[str, list[str]]:
    """Return the id of the photo to keep and the criteria in which it is ahead of another.

    The weightiest first: `favorite`, `rating`, `more_pixels`, `camera_data`, `location`,
    `described`, `better_format`, `larger_file`; `oldest` where all of them are equal.
    """
    keeper = min(photos, key=_rank)
    why = [
        code
        for code, measure in _CRITERIA
        if measure(keeper) == max(map(measure, photos)) > min(map(measure, photos))
    ]
    return keeper["id"], why or ["oldest"]


def _rank(photo: PhotoFields) -> tuple[Any, ...]:
    return (*(-measure(photo) for _, measure in _CRITERIA), photo["created_at"], photo["id"])


def _own_tags(photo: PhotoFields) -> int:
    return sum(tag["source"] == "user" for tag in photo["tags"])
