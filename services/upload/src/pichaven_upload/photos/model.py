"""An owner's photo, as far as its original is concerned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class PhotoState(StrEnum):
    ACCEPTED = "accepted"
    """Storage holds the original; processing has not checked it yet."""
    VERIFIED = "verified"
    """Processing found the original to be what was announced."""
    REJECTED = "rejected"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class ConfirmationWaits:
    """How long the library may take to say that it has a photo."""

    accepted: timedelta = timedelta(hours=1)
    """In any state. Gallery reads of a photo at once, however long the queue of processing is."""
    verified: timedelta = timedelta(minutes=2)
    """As ready: what upload has of processing, gallery should have too."""


LIVE: Final = frozenset({PhotoState.ACCEPTED, PhotoState.VERIFIED})
"""States in which the owner has these bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    photo_id: str
    owner_id: str
    sha256: str
    size: int
    key: str
    """Of the original's object; another photo of the owner may share it."""
    state: PhotoState = PhotoState.ACCEPTED
    revision: int = 1
    """Counts the originals that this photo has had."""
    uploads: Sequence[str] = ()
    """Ids of the uploads that made and revised it, the latest last. Append-only."""
    created_at: datetime
    in_trash: bool = False
    """A photo in the trash does not make the same bytes a duplicate."""
    release_due: bool = False
    """The photo has ended, but its blob or its quota may not be released yet."""
    confirm_at: datetime | None = None
    """When the library should have said that it has the photo; None once it has."""
    repeats: int = 0
    """How often its event was published again for want of that."""

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def counts_as_duplicate(self) -> bool:
        return self.is_live and not self.in_trash

    @property
    def superseded_uploads(self) -> Sequence[str]:
        """Uploads whose object this photo will never have again."""
        return self.uploads[:-1] if self.is_live else self.uploads
