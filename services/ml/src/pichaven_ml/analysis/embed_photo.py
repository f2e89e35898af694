"""Embed a photo and tag it by its embedding."""

from collections.abc import Sequence
from typing import Final

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import PermanentError
from pichaven_chassis.storage import ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import PhotoEmbedded, PhotoEvent, ProgressState, Variant
from pichaven_contracts.variants import nearest_variant
from pichaven_ml.analysis.photo_step import READABLE_FORMATS, AnalysisRequest, progress
from pichaven_ml.analysis.tag_photo import TagPhoto
from pichaven_ml.inference.errors import TooManyPixels, UnreadablePicture
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.models.card import to_floats

_BEST_EDGE: Final = 800
_MAX_BYTES: Final = 16 << 20


class EmbedPhoto:
    """Without `tag`, as in a candidate, a photo is embedded alone.

    `reads_text` leaves room in the progress for the step that reads text.
    """

    name = "embed"
    percent = 0

    def __init__(
        self,
        runtime: ModelRuntime,
        store: ObjectStore,
        tag: TagPhoto | None,
        *,
        reads_text: bool = False,
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._tag = tag
        self._tagged_percent = 90 if reads_text else 100

    async def __call__(self, request: AnalysisRequest) -> Sequence[PhotoEvent]:
        photo = request.photo
        variant = best_variant(photo.variants)
        try:
            picture = await self._store.get(variant.key, max_bytes=_MAX_BYTES)
            vector = await self._runtime.embed_picture(picture, request.urgency)
        except (UnreadablePicture, TooManyPixels, ObjectTooLarge) as error:
            raise PermanentError(f"variant of {photo.photo_id}: {error}") from error
        embedded = PhotoEmbedded(
            photo_id=photo.photo_id,
            owner_id=photo.owner_id,
            occurred_at=utc_now(),
            revision=photo.revision,
            model=self._runtime.card.id,
            embedding=tuple(to_floats(vector)),
        )
        events: list[PhotoEvent] = [embedded, progress(photo, "embed", ProgressState.DONE, 70)]
        if self._tag is not None:
            tagged = self._tag(embedded)
            events.append(tagged)
            state, message = ProgressState.DONE, None
            if tagged.state == "unavailable":
                state, message = ProgressState.FAILED, "Tags are not available just now."
            events.append(progress(photo, "tag", state, self._tagged_percent, message))
        return events


def best_variant(variants: Sequence[Variant]) -> Variant:
    """Return the 800 px JPEG or WebP, else the nearest variant with enough pixels.

    Raises `PermanentError` if there is no variant in a readable format.
    """
    variant = nearest_variant(variants, _BEST_EDGE, READABLE_FORMATS, prefer="larger")
    if variant is None:
        raise PermanentError("the photo has no JPEG or WebP variant")
    return variant
