"""Tag a photo by its embedding, without another inference."""

import numpy as np

from pichaven_chassis.clock import utc_now
from pichaven_chassis.logging import get_logger
from pichaven_contracts.photo import PhotoEmbedded, PhotoTagged, Tag
from pichaven_ml.inference.model_runtime import ModelRuntime

_log = get_logger(__name__)


class TagPhoto:
    """Never raises: a photo whose tagging fails is published as such."""

    def __init__(self, runtime: ModelRuntime) -> None:
        self._runtime = runtime

    @property
    def vocabulary(self) -> str | None:
        """The vocabulary's version; None while tagging is unavailable."""
        tagger = self._runtime.tagger
        return None if tagger is None else tagger.vocabulary

    def __call__(self, embedded: PhotoEmbedded) -> PhotoTagged:
        tags = self._tags(embedded)
        return PhotoTagged(
            photo_id=embedded.photo_id,
            owner_id=embedded.owner_id,
            occurred_at=utc_now(),
            revision=embedded.revision,
            model=embedded.model,
            tags=tags or (),
            state="unavailable" if tags is None else "done",
            vocabulary=None if tags is None else self.vocabulary,
        )

    def _tags(self, embedded: PhotoEmbedded) -> tuple[Tag, ...] | None:
        if self._runtime.tagger is None:
            return None
        try:
            return self._runtime.tagger(np.asarray(embedded.embedding, dtype=np.float32))
        except Exception:
            _log.exception("tagging_failed", photo_id=embedded.photo_id)
            return None
