"""Photos that look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pichaven_search.index.stored_photo import StoredPhoto


@dataclass(frozen=True, slots=True)
class Likeness:
    photo: StoredPhoto
    cosine: float


@dataclass(frozen=True, slots=True)
class Similar:
    """`reason` says why there can be no answer yet."""

    likenesses: Sequence[Likeness]
    model: str
    reason: Literal["not_analyzed"] | None = None
