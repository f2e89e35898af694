"""What a download consists of, and its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from pichaven_chassis.problems import InvalidRequest, NotFound, Problem

MAX_FAILURES: Final = 100
"""Failures that a download names; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadBounds:
    max_photos: int
    max_bytes: int
    """Of all originals together."""


class DownloadTooLarge(InvalidRequest):
    """Raised for more photos, or more bytes, than one download takes."""

    code: ClassVar[str] = "download_too_large"
    title: ClassVar[str] = "Too much for one download"

    def __init__(self, bounds: DownloadBounds) -> None:
        super().__init__(
            f"One download has at most {bounds.max_photos:,} photos and"
            f" {bounds.max_bytes / 1e9:,.0f} GB. Select fewer."
        )


class NothingToDownload(NotFound):
    """Raised when no photo fits the query."""

    def __init__(self) -> None:
        super().__init__("No photo fits the query.")


class DownloadNotFound(NotFound):
    """Raised for an unknown, a foreign and an expired download alike."""

    def __init__(self) -> None:
        super().__init__("There is no such download, or its time is over. Request a new one.")


class OriginalTruncated(Exception):
    """Raised when storage has fewer bytes of an original than it had."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file of the archive."""

    name: str
    """Unique in its archive, on file systems that ignore case too."""
    key: str
    """Of the original in object storage."""
    size: int
    """Bytes."""
    taken_at: datetime
    """The wall time, without a zone."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A photo that is not in the archive, and why."""

    photo_id: str
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    download_id: str
    owner_id: str
    token_digest: str
    """SHA-256 of the token, which is stored nowhere."""
    filename: str
    count: int
    """Files of the archive."""
    size: int
    """Bytes of the archive."""
    expires_at: datetime
    """Until then the archive can be requested; what has begun goes on."""


@dataclass(frozen=True, slots=True)
class NewDownload:
    """A download, the token that its owner alone gets, and the photos that it has not."""

    download: Download
    token: str
    exclusions: Sequence[Exclusion]
