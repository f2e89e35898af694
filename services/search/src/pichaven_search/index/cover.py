"""The picture that stands for photos on a map, packed so that it is read without the document.

A map reads hundreds of covers at once. Out of the stored documents, with their embeddings and
variants, that takes the most of its time; so what a cover needs lies in a field of its own.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from pichaven_contracts.photo import PhotoChanged, Variant

_GRID_EDGE: Final = 400
_BY_REACH: Final = ("webp", "jpeg", "avif")
"""As the library's grid chooses, so that a browser loads the picture once for both."""


@dataclass(frozen=True, slots=True)
class Cover:
    """One photo, where it was taken (WGS 84, degrees) and how it is shown."""

    photo_id: str
    lat: float
    lon: float
    blurhash: str | None
    width: int | None
    height: int | None
    thumbnail_key: str | None
    thumbnail_format: str | None


def cover_of(event: PhotoChanged) -> Cover | None:
    """None without a position: then it is on no map."""
    if event.location is None:
        return None
    thumbnail = _thumbnail(event.variants)
    return Cover(
        photo_id=event.photo_id,
        lat=event.location.lat,
        lon=event.location.lon,
        blurhash=event.blurhash,
        width=event.width,
        height=event.height,
        thumbnail_key=thumbnail.key if thumbnail else None,
        thumbnail_format=thumbnail.format if thumbnail else None,
    )


def packed(cover: Cover | None) -> str | None:
    """Base64, as Elasticsearch takes binary values."""
    if cover is None:
        return None
    text = json.dumps(list(asdict(cover).values()), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def unpacked(text: str) -> Cover | None:
    """None for what an earlier or a later version packed in another way."""
    try:
        return Cover(*json.loads(base64.b64decode(text)))
    except (binascii.Error, ValueError, TypeError):
        return None


def _thumbnail(variants: Sequence[Variant]) -> Variant | None:
    return min(
        variants,
        key=lambda it: (
            abs((int(it.name) if it.name.isdecimal() else 0) - _GRID_EDGE),
            _BY_REACH.index(it.format) if it.format in _BY_REACH else len(_BY_REACH),
        ),
        default=None,
    )
