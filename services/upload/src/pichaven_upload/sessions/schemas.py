"""What upload's routes take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.clock import Moment
from pichaven_chassis.storage import Presigner
from pichaven_contracts.event import Id, Sha256
from pichaven_contracts.photo import Lane
from pichaven_upload.sessions.inspect_upload import UploadView
from pichaven_upload.sessions.model import OnDuplicate, Upload, UploadState

_LONGEST_GIVEN_NAME = 32_768
_LARGEST_SIZE = 1 << 50


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore")


class UploadRequest(_Request):
    filename: Annotated[str, Field(max_length=_LONGEST_GIVEN_NAME)]
    """Only shown; paths, control characters and the like are taken off."""
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
    """PUT the part's bytes here; the answer's ETag is what `complete` asks for."""

    number: int
    url: str
    expires_at: datetime


class PartUrls(BaseModel):
    parts: list[PartUrl]


class UploadBegun(BaseModel):
    upload_id: str
    photo_id: str
    part_size: int
    """Bytes of every part but the last."""
    parts_total: int
    parts: list[PartUrl]
    """The first parts that have not arrived; ask for more by number."""
    parts_received: list[int]
    """Not empty where an upload of the same file was begun before."""
    lane: Lane
    expires_at: datetime


class DuplicateFound(BaseModel):
    duplicate_of: str


class ReceivedPart(BaseModel):
    number: int
    etag: str
    size: int


class UploadFailure(BaseModel):
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
    """The same parts, with what `complete` asks for."""
    duplicate_of: str | None
    failure: UploadFailure | None
    created_at: datetime
    expires_at: datetime


class PhotoAccepted(BaseModel):
    photo_id: str
    duplicate_of: str | None = None
    """Where the owner had these bytes already, that photo's id; `photo_id` is the same then."""


class KnownPhoto(BaseModel):
    sha256: str
    photo_id: str


class KnownPhotos(BaseModel):
    items: list[KnownPhoto]


class UsageReport(BaseModel):
    """Bytes of originals; open uploads count with what they announced."""

    model_config = ConfigDict(from_attributes=True)

    bytes_used: int
    bytes_reserved: int
    quota_bytes: int
    photos: int
    open_uploads: int
    uploads_last_hour: int
    uploads_per_hour: int
    max_file_bytes: int


class PartSigner:
    """Signs part URLs for the host that the client uses."""

    def __init__(self, presigner: Presigner, *, ttl_s: int) -> None:
        self._presigner = presigner
        self._ttl_s = ttl_s

    def __call__(self, upload: Upload, numbers: list[int], base_url: str) -> list[PartUrl]:
        signed = []
        for number in numbers:
            address = self._presigner.put_part(
                upload.key,
                upload.multipart_id or "",
                number,
                base_url=base_url,
                expires_s=self._ttl_s,
            )
            signed.append(PartUrl(number=number, url=address.url, expires_at=address.expires_at))
        return signed


def upload_status(view: UploadView) -> UploadStatus:
    upload = view.upload
    # What is stored but not yet announced is, to a client, still being completed.
    state = UploadState.COMPLETING if upload.state is UploadState.STORED else upload.state
    failure = upload.failure
    return UploadStatus(
        upload_id=upload.upload_id,
        photo_id=upload.photo_id,
        state=state,
        filename=upload.filename,
        content_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
        part_size=upload.part_size,
        parts_total=upload.parts_total,
        parts_received=[part.number for part in view.parts],
        parts=[
            ReceivedPart(number=part.number, etag=part.etag, size=part.size) for part in view.parts
        ],
        duplicate_of=upload.duplicate_of,
        failure=UploadFailure(code=failure.code, message=failure.message) if failure else None,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )
