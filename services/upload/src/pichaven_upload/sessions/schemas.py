"""Requests and responses of `/uploads`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.clock import Moment
from pichaven_chassis.storage import SignedUrl
from pichaven_contracts.event import Id, Sha256
from pichaven_contracts.photo import Lane
from pichaven_upload.sessions.inspect_upload import UploadProgress
from pichaven_upload.sessions.model import OnDuplicate, UploadState

_LONGEST_CLIENT_NAME = 32_768
_LARGEST_SIZE = 1 << 50


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore")


class UploadRequest(_Request):
    filename: Annotated[str, Field(max_length=_LONGEST_CLIENT_NAME)]
    """Only displayed; paths, control characters and the like are removed."""
    size: Annotated[int, Field(ge=0, le=_LARGEST_SIZE)]
    content_type: Annotated[str, Field(max_length=200)] = ""
    sha256: Sha256
    taken_at: Moment | None = None
    album_id: Id | None = None
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE


class PartsRequest(_Request):
    numbers: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=1000)]


class CompletedPart(_Request):
    number: Annotated[int, Field(ge=1, le=10_000)]
    etag: Annotated[str, Field(max_length=200)]


class CompleteRequest(_Request):
    parts: Annotated[list[CompletedPart], Field(max_length=10_000)] = []


class CheckRequest(_Request):
    sha256: Annotated[list[Sha256], Field(max_length=5000)]


class PartUrl(BaseModel):
    """PUT the part's bytes here; `complete` takes the response's ETag."""

    number: int
    url: str
    expires_at: datetime


class PartUrls(BaseModel):
    parts: list[PartUrl]


class UploadSession(BaseModel):
    upload_id: str
    photo_id: str
    part_size: int
    """Bytes of every part but the last."""
    parts_total: int
    parts: list[PartUrl]
    """The first parts that have not arrived; ask for more by number."""
    parts_received: list[int]
    """Not empty where an unfinished upload of the same file is resumed."""
    lane: Lane
    expires_at: datetime


class Duplicate(BaseModel):
    duplicate_of: str


class ReceivedPart(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    etag: str
    size: int


class UploadFailure(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    message: str


class UploadStatus(BaseModel):
    upload_id: str
    photo_id: str
    state: UploadState
    """`open`, `completing`, `accepted`, `cancelled`, `expired` or `failed`."""
    filename: str
    content_type: str
    size: int
    sha256: str
    part_size: int
    parts_total: int
    parts_received: list[int]
    parts: list[ReceivedPart]
    """The same parts, with what `complete` takes."""
    duplicate_of: str | None
    failure: UploadFailure | None
    created_at: datetime
    expires_at: datetime


class UploadReceipt(BaseModel):
    photo_id: str
    duplicate_of: str | None = None
    """Where the owner had these bytes already, that photo's id; `photo_id` is the same then."""


class DigestMatch(BaseModel):
    sha256: str
    photo_id: str


class DigestMatches(BaseModel):
    items: list[DigestMatch]


def to_part_urls(urls: Mapping[int, SignedUrl]) -> list[PartUrl]:
    return [
        PartUrl(number=number, url=signed.url, expires_at=signed.expires_at)
        for number, signed in urls.items()
    ]


def to_upload_session(progress: UploadProgress, urls: Mapping[int, SignedUrl]) -> UploadSession:
    upload = progress.upload
    return UploadSession(
        upload_id=upload.upload_id,
        photo_id=upload.photo_id,
        part_size=upload.part_size,
        parts_total=upload.parts_total,
        parts=to_part_urls(urls),
        parts_received=[part.number for part in progress.parts],
        lane=upload.lane,
        expires_at=upload.expires_at,
    )


def to_upload_status(progress: UploadProgress) -> UploadStatus:
    upload = progress.upload
    failure = upload.failure
    return UploadStatus(
        upload_id=upload.upload_id,
        photo_id=upload.photo_id,
        # To a client, an object without its photo is an upload still being completed.
        state=UploadState.COMPLETING if upload.state is UploadState.STORED else upload.state,
        filename=upload.filename,
        content_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
        part_size=upload.part_size,
        parts_total=upload.parts_total,
        parts_received=[part.number for part in progress.parts],
        parts=[ReceivedPart.model_validate(part) for part in progress.parts],
        duplicate_of=upload.duplicate_of,
        failure=UploadFailure.model_validate(failure) if failure else None,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )
