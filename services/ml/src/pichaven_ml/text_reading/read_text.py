"""Read the text in a photo."""

from collections.abc import Sequence
from typing import Final

from pichaven_chassis.clock import utc_now
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.storage import ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import (
    PhotoEvent,
    PhotoProcessed,
    PhotoTextRead,
    ProgressState,
    Variant,
)
from pichaven_contracts.variants import nearest_variant
from pichaven_ml.analysis.photo_step import READABLE_FORMATS, AnalysisRequest, progress
from pichaven_ml.text_reading.reading import READER, TextReader, TextUnreadable, join_lines

_log = get_logger(__name__)
_BEST_EDGE: Final = 1920
_MAX_BYTES: Final = 16 << 20


class ReadText:
    """A text that cannot be read is published as such; an outage is raised."""

    name = "read_text"
    percent = 90

    def __init__(self, reader: TextReader, store: ObjectStore) -> None:
        self._reader = reader
        self._store = store

    async def __call__(self, request: AnalysisRequest) -> Sequence[PhotoEvent]:
        photo = request.photo
        text = await self._read(photo)
        event = PhotoTextRead(
            photo_id=photo.photo_id,
            owner_id=photo.owner_id,
            occurred_at=utc_now(),
            revision=photo.revision,
            reader=READER,
            text=text,
            state="unavailable" if text is None else "done",
        )
        state, message = ProgressState.DONE, None
        if text is None:
            state, message = ProgressState.FAILED, "Text could not be read."
        return event, progress(photo, self.name, state, 100, message)

    async def _read(self, photo: PhotoProcessed) -> str | None:
        """Return None if the text cannot be read, "" if there is none."""
        variant = most_legible(photo.variants)
        if variant is None:
            return None
        try:
            picture = await self._store.get(variant.key, max_bytes=_MAX_BYTES)
        except ObjectTooLarge:
            return None
        try:
            return join_lines(await self._reader(picture))
        except TextUnreadable as error:
            _log.warning("text_unreadable", photo_id=photo.photo_id, reason=str(error)[:300])
        except Exception as error:
            if is_outage(error):
                raise
            _log.exception("reading_failed", photo_id=photo.photo_id)
        return None


def most_legible(variants: Sequence[Variant]) -> Variant | None:
    """Return the largest readable variant of at most 1920 px; None if none is readable."""
    return nearest_variant(variants, _BEST_EDGE, READABLE_FORMATS, prefer="smaller")
