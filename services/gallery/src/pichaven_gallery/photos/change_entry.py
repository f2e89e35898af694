"""What happened to a photo, when and by whom: one entry of the change log per version."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

RECONCILER: Final = "reconciler"
"""The actor of changes that are due by time."""


class ChangeAction(StrEnum):
    UPLOADED = "uploaded"
    """Also a new original of an existing photo."""
    PROCESSED = "processed"
    FAILED = "failed"
    """Rejected, or stalled in processing."""
    TAGGED = "tagged"
    """By a model, or tags alone edited by the owner."""
    TAGGING_UNAVAILABLE = "tagging_unavailable"
    FAVORITED = "favorited"
    UNFAVORITED = "unfavorited"
    EDITED = "edited"
    """Any other facts, or several kinds at once."""
    REDATED = "redated"
    """Its time was derived anew, such as by another home zone."""
    TRASHED = "trashed"
    RESTORED = "restored"
    REPROCESS_REQUESTED = "reprocess_requested"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One change that clients can see; `version` is the photo's after it."""

    photo_id: str
    owner_id: str
    at: datetime
    version: int
    action: ChangeAction
    actor: str
    """A user's id, the name of the service whose event it was, or `RECONCILER`."""

    @property
    def id(self) -> str:
        """The same at every attempt to append the entry."""
        return f"{self.photo_id}:{self.version}"
