"""One upload: from what a client announces to what storage holds.

    open ──► completing ──► stored ──► accepted
      │ ▲        │  │
      │ └────────┘  └──► failed
      └──► cancelled, expired, failed

`completing` can go back to `open`. `stored` means that the whole object is there at the right
size; from then on only `accepted` can follow, whichever process gets there.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pichaven_contracts.photo import Lane

MOST_PARTS: Final = 1000
_MIB: Final = 1 << 20


class UploadState(StrEnum):
    OPEN = "open"
    COMPLETING = "completing"
    STORED = "stored"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


UNFINISHED: Final = frozenset({UploadState.OPEN, UploadState.COMPLETING})
"""States that can still end without a photo."""


class OnDuplicate(StrEnum):
    """What to do when the owner has these bytes already."""

    SKIP = "skip"
    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ExistingPhoto:
    """The owner's photo that has these bytes; nothing needs to be sent."""

    photo_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    upload_id: str
    owner_id: str
    photo_id: str
    """Of the photo that this upload makes or revises."""
    filename: str
    content_type: str
    size: int
    """Bytes as announced; 0 while a one-request upload is being received."""
    sha256: str
    """As announced; empty while a one-request upload without a claimed digest is received."""
    key: str
    """Of the object to be stored."""
    scratch_key: str | None = None
    """Where a one-request upload is written while its digest is unknown."""
    multipart_id: str | None = None
    part_size: int
    state: UploadState = UploadState.OPEN
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE
    taken_at: datetime | None = None
    album_id: str | None = None
    """The album that the owner uploads into; None outside albums."""
    created_at: datetime
    expires_at: datetime
    duplicate_of: str | None = None
    """The photo that had these bytes first, where the upload made none."""
    adds_photo: bool = False
    """Whether its acceptance made a new photo."""
    blob_key: str | None = None
    """The photo's object, once accepted."""
    failure: Failure | None = None
    sidecar_key: str | None = None
    """Of the XMP sidecar's object, where the client sent one."""

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def parts_total(self) -> int:
        return max(1, -(-self.size // self.part_size))

    def size_of_part(self, number: int) -> int:
        """Return the bytes of a part, counted from 1; the last one has the rest."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def missing_parts(self, sizes: Mapping[int, int]) -> list[int]:
        """Return the numbers of the parts that have no size."""
        return [number for number in range(1, self.parts_total + 1) if number not in sizes]

    def parts_outside(self, numbers: Iterable[int]) -> list[int]:
        """Return the numbers that are not numbers of its parts."""
        return [number for number in numbers if not 1 <= number <= self.parts_total]

    @property
    def slot(self) -> str | None:
        """Equal for uploads that try the same thing again.

        At most one unfinished upload holds a slot, so a client that lost its state and begins
        again gets its unfinished upload back, with the parts that arrived. One-request uploads
        have none: they cannot be resumed.
        """
        if self.multipart_id is None or self.scratch_key or self.size == 0:
            return None
        return slot_of(self.owner_id, self.sha256, self.size, self.filename, self.on_duplicate)


def slot_of(owner_id: str, sha256: str, size: int, filename: str, on_duplicate: OnDuplicate) -> str:
    name = hashlib.sha256(f"{size}\n{on_duplicate}\n{filename}".encode()).hexdigest()[:16]
    return f"{owner_id}:{sha256}:{name}"


def part_size_for(size: int, smallest: int) -> int:
    """Return a file's part size: at most 1,000 parts, in whole MiB beyond the smallest size."""
    needed = -(-size // MOST_PARTS)
    return smallest if needed <= smallest else -(-needed // _MIB) * _MIB
