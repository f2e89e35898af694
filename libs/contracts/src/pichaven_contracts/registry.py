"""Every event by its type name."""

from typing import Final

from pichaven_contracts.event import Event
from pichaven_contracts.inventory import IndexGapsDetected, LibraryInventoried
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoEmbedded,
    PhotoProcessed,
    PhotoProgressed,
    PhotoPurged,
    PhotoReanalyzeRequested,
    PhotoRejected,
    PhotoReprocessRequested,
    PhotoTagged,
    PhotoTextRead,
    PhotoUploaded,
)
from pichaven_contracts.upload import UploadFailed

EVENTS: Final[dict[str, type[Event]]] = {
    event.event_type: event
    for event in (
        PhotoUploaded,
        UploadFailed,
        PhotoProcessed,
        PhotoRejected,
        PhotoEmbedded,
        PhotoTagged,
        PhotoTextRead,
        PhotoChanged,
        PhotoPurged,
        PhotoReprocessRequested,
        PhotoReanalyzeRequested,
        PhotoProgressed,
        LibraryInventoried,
        IndexGapsDetected,
    )
}
