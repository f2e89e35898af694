"""Near duplicates: their groups, and the values by which photos are compared."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pichaven_chassis.pagination import TimeCursor
from pichaven_search.audience import Audience
from pichaven_search.duplicates.grouping import Group
from pichaven_search.index.model import Index
from pichaven_search.index.stored_photo import StoredPhoto


@dataclass(frozen=True, slots=True)
class Fingerprint:
    photo_id: str
    phash: int | None
    """Perceptual hash of 64 bits."""
    taken_ms: int
    created_ms: int


class Fingerprints(Protocol):
    """Reads what the audience's searchable photos are compared by."""

    def scan(self, index: Index, audience: Audience) -> AsyncIterator[Sequence[Fingerprint]]:
        """Yield the photos that have an embedding, in pages, the newest first.

        Raises `IndexGone`.
        """
        ...

    async def vectors(
        self, index: Index, audience: Audience, photo_ids: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]: ...

    async def photos(
        self, index: Index, audience: Audience, photo_ids: Sequence[str]
    ) -> Mapping[str, StoredPhoto]: ...


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """A group with its current photos; `keeper` is suggested for the reasons in `why`."""

    group: Group
    photos: Sequence[StoredPhoto]
    keeper: str
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The owner's word that these photos of a group all stay."""

    group_id: str
    photo_ids: frozenset[str]


class Dismissals(Protocol):
    """Stores dismissals. Each method reads and writes those of the given owner alone."""

    async def list(self, owner_id: str) -> Sequence[Dismissal]: ...

    async def put(self, owner_id: str, dismissal: Dismissal) -> None:
        """Add the dismissal, in place of an earlier one of the group."""
        ...

    async def delete(self, owner_id: str, group_id: str) -> bool:
        """Return whether there was one."""
        ...

    async def clear(self, owner_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """`complete` is false where so many photos are alike that not all were compared.

    `total` counts the groups that are not dismissed.
    """

    groups: Sequence[NearDuplicates]
    total: int
    dismissed: int
    complete: bool
    model: str
    next_cursor: TimeCursor | None
