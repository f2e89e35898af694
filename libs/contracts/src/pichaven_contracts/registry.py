"""Every event by its type name."""

from typing import Final

from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoChanged,
    PhotoProcessed,
    PhotoProgressed,
    PhotoPurged,
    PhotoReanalyzeRequested,
    PhotoRejected,
    PhotoReprocessRequested,
    PhotoUploaded,
)
from pichaven_contracts.upload import UploadFailed
from pichaven_contracts.user import UserRegistered

EVENTS: Final[dict[str, type[Event]]] = {
    event.event_type: event
    for event in (
        PhotoUploaded,
        UploadFailed,
        PhotoProcessed,
        PhotoRejected,
        PhotoAnalyzed,
        PhotoChanged,
        PhotoPurged,
        PhotoReprocessRequested,
        PhotoReanalyzeRequested,
        PhotoProgressed,
        UserRegistered,
    )
}
