"""Read the text in a photo. A failure does not fail the photo's analysis."""

from collections.abc import Sequence
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_chassis.storage import ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import PhotoProcessed, Variant
from pichaven_ml.text_reading.reading import (
    UNAVAILABLE,
    Reading,
    TextReader,
    TextUnreadable,
    join_lines,
)

_log = get_logger(__name__)
_READABLE: Final = ("jpeg", "webp")
"""Ordered by the cost of decoding."""
_BEST_EDGE: Final = 1920
_MAX_BYTES: Final = 16 << 20


class ReadText:
    """May be repeated. Raises `ObjectMissing`, or the error of an outage of storage."""

    def __init__(self, reader: TextReader, store: ObjectStore) -> None:
        self._reader = reader
        self._store = store

    async def __call__(self, photo: PhotoProcessed) -> Reading:
        variant = most_legible(photo.variants)
        if variant is None:
            return UNAVAILABLE
        try:
            picture = await self._store.get(variant.key, max_bytes=_MAX_BYTES)
        except ObjectTooLarge:
            return UNAVAILABLE
        try:
            return Reading("done", join_lines(await self._reader(picture)))
        except TextUnreadable as error:
            _log.warning("text_unreadable", photo_id=photo.photo_id, reason=str(error)[:300])
        except Exception:
            _log.exception("reading_failed", photo_id=photo.photo_id)
        return UNAVAILABLE


def most_legible(variants: Sequence[Variant]) -> Variant | None:
    """Return the largest readable variant of at most 1920 px; None if none is readable."""

    def distance(variant: Variant) -> tuple[bool, int, int]:
        edge = int(variant.name) if variant.name.isdecimal() else 0
        return edge > _BEST_EDGE, abs(edge - _BEST_EDGE), _READABLE.index(variant.format)

    readable = [variant for variant in variants if variant.format in _READABLE]
    return min(readable, key=distance, default=None)
