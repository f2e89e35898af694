"""The cover of a cluster on the map, packed into a field of its photo's document.

A map reads hundreds of covers at once. Reading them from the documents' sources, with embeddings
and variants, would take most of its time.
"""

import base64
import binascii
import json
from dataclasses import asdict, dataclass

from pichaven_contracts.photo import PhotoChanged
from pichaven_contracts.variants import grid_variant


@dataclass(frozen=True, slots=True)
class Cover:
    """A photo's position (WGS 84, degrees) and thumbnail."""

    photo_id: str
    lat: float
    lon: float
    blurhash: str | None
    width: int | None
    height: int | None
    thumbnail_key: str | None
    thumbnail_format: str | None


def to_cover(event: PhotoChanged) -> Cover | None:
    """Return the cover of a photo; None without a position."""
    if event.location is None:
        return None
    thumbnail = grid_variant(event.variants)
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


def pack_cover(cover: Cover | None) -> str | None:
    """Return the cover in Base64, as Elasticsearch's binary values are."""
    if cover is None:
        return None
    text = json.dumps(list(asdict(cover).values()), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def unpack_cover(text: str) -> Cover | None:
    """Return a packed cover; None for one that another version packed."""
    try:
        return Cover(*json.loads(base64.b64decode(text)))
    except (binascii.Error, ValueError, TypeError):
        return None
