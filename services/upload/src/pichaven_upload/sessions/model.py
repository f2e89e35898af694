"""One upload: from what a client announces to what storage holds.

    open ──► completing ──► stored ──► accepted
      │ ▲        │  │
      │ └────────┘  └──► failed
      └──► cancelled, expired, failed

Up to `completing` there is a way back. `stored` means that the whole object is there at the
right size; from then on only `accepted` can follow, whoever finishes it.
"""

import hashlib
from collections.abc import Mapping
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
"""States that an upload can leave without a photo."""


class OnDuplicate(StrEnum):
    """What to do when the owner has these bytes already."""

    SKIP = "skip"
    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    upload_id: str
    owner_id: str
    photo_id: str
    """Of the photo that this upload makes, or makes anew."""
    filename: str
    content_type: str
    size: int
    """Bytes as announced; 0 while a one-request upload is still coming in."""
    sha256: str
    """As announced; empty while a one-request upload is still coming in without a claim."""
    key: str
    """Where the object belongs."""
    scratch_key: str | None = None
    """Where a one-request upload is written while its digest is unknown."""
    multipart_id: str | None = None
    part_size: int
    state: UploadState = UploadState.OPEN
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE
    taken_at: datetime | None = None
    album_id: str | None = None
    created_at: datetime
    expires_at: datetime
    duplicate_of: str | None = None
    """The photo that had these bytes first, where the upload made none."""
    adds_photo: bool = False
    """Whether its acceptance made a photo that was not there before."""
    blob_key: str | None = None
    """The object that the photo shows, once accepted."""
    failure: Failure | None = None

    @property
    def parts_total(self) -> int:
        return max(1, -(-self.size // self.part_size))

    def missing_parts(self, sizes: Mapping[int, int]) -> list[int]:
        """Numbers of the parts that are not among those given."""
        return [number for number in range(1, self.parts_total + 1) if number not in sizes]

    @property
    def slot(self) -> str | None:
        """Equal for uploads that are the same thing tried again.

        At most one unfinished upload holds a slot, so a client that forgot everything and
        begins anew gets its old upload, with the parts that arrived. One-request uploads have
        none: nobody can come back to them.
        """
        if self.multipart_id is None or self.scratch_key or self.size == 0:
            return None
        return slot_of(self.owner_id, self.sha256, self.size, self.filename, self.on_duplicate)


def slot_of(owner_id: str, sha256: str, size: int, filename: str, on_duplicate: OnDuplicate) -> str:
    named = hashlib.sha256(f"{size}\n{on_duplicate}\n{filename}".encode()).hexdigest()[:16]
    return f"{owner_id}:{sha256}:{named}"


def part_size_for(size: int, smallest: int) -> int:
    """The size of the parts of a file: at most 1,000 of them, in whole MiB beyond the smallest."""
    needed = -(-size // MOST_PARTS)
    return smallest if needed <= smallest else -(-needed // _MIB) * _MIB


def original_key(owner_id: str, sha256: str, upload_id: str, suffix: str) -> str:
    """Under the owner first: a claimed digest never leads to another owner's bytes."""
    return f"originals/{owner_id}/{sha256}/{upload_id}{suffix}"


def scratch_key(owner_id: str, upload_id: str) -> str:
    return f"originals/{owner_id}/incoming/{upload_id}"


def upload_id_of(key: str) -> str:
    """The upload that a key under `originals/` was made for."""
    return key.rsplit("/", 1)[-1].split(".", 1)[0]
