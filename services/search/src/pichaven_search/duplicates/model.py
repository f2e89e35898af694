"""Groups of near duplicates, and what photos are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass

from pichaven_search.duplicates.grouping import Group
from pichaven_search.index.stored_photo import StoredPhoto


@dataclass(frozen=True, slots=True)
class Fingerprint:
    photo_id: str
    phash: int | None
    taken_ms: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """A group as it is now; `keeper` is suggested, `why` says in codes what speaks for it."""

    group: Group
    photos: Sequence[StoredPhoto]
    keeper: str
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """`complete` is false where so many photos are alike that not all were compared."""

    groups: Sequence[NearDuplicates]
    total: int
    complete: bool
    model: str
    following: tuple[int, str] | None
