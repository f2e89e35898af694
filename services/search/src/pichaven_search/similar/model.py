"""Photos that look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pichaven_search.index.stored_photo import StoredPhoto


@dataclass(frozen=True, slots=True)
class SimilarPhoto:
    photo: StoredPhoto
    cosine: float


@dataclass(frozen=True, slots=True)
class SimilarPhotos:
    """The nearest first; `reason` says why there can be none yet."""

    photos: Sequence[SimilarPhoto]
    model: str
    reason: Literal["not_analyzed"] | None = None
