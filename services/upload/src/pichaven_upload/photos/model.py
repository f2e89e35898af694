"""An owner's photo as far as its original goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class PhotoState(StrEnum):
    ACCEPTED = "accepted"
    """Storage holds the original; nobody has looked into it yet."""
    VERIFIED = "verified"
    """Processing found it to be what was announced."""
    REJECTED = "rejected"
    PURGED = "purged"


LIVE: Final = frozenset({PhotoState.ACCEPTED, PhotoState.VERIFIED})
"""States in which the owner has these bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    photo_id: str
    owner_id: str
    sha256: str
    size: int
    key: str
    """Of the object that it shows; another photo of the owner may share it."""
    state: PhotoState = PhotoState.ACCEPTED
    revision: int = 1
    """Counts the originals that this photo has had."""
    uploads: Sequence[str] = ()
    """Uploads that it has taken in, the latest last. Only ever grows at its end."""
    created_at: datetime
    in_trash: bool = False
    """What its owner has thrown away is no reason to refuse the same bytes."""
    release_due: bool = False
    """It has ended, but its object or its place in the quota may not be given back yet."""

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def counts_as_duplicate(self) -> bool:
        return self.is_live and not self.in_trash

    @property
    def superseded(self) -> Sequence[str]:
        """Uploads whose object it will never show again."""
        return self.uploads[:-1] if self.is_live else self.uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored original and who needs it. Without anyone it is removed.

    It is held by uploads, not by photos: a photo may get the same object again through a later
    upload, and what gives up the earlier hold must not touch the later one.
    """

    key: str
    owner_id: str
    sha256: str
    size: int
    held_by: Sequence[str]
    verified: bool = False
