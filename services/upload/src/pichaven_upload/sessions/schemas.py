"""Requests and responses of `/uploads`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.clock import Moment
from pichaven_chassis.request_body import RequestBody, Text
from pichaven_chassis.storage import SignedUrl
from pichaven_contracts.api import PHOTO_ID_EXAMPLE
from pichaven_contracts.event import Id, Sha256
from pichaven_contracts.photo import Lane
from pichaven_upload.sessions.inspect_upload import UploadProgress
from pichaven_upload.sessions.model import OnDuplicate, UploadState

_LONGEST_CLIENT_NAME = 32_768
_LARGEST_SIZE = 1 << 50

_UPLOAD_ID_EXAMPLE: Final = "019ec528-3c07-7f42-b1d9-5e8a2c7f9036"
_PART_URL_EXAMPLE: Final = (
    "https://photos.example.org/pichaven-media/incoming/019ec528?partNumber=1"
    "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature=8c41"
)
_ETAG_EXAMPLE: Final = '"9b2cf535f27731c974343645a3985328"'
SHA256_EXAMPLE: Final = "6b0f1d9c8e27a4535f6c0d3b9a18e7f24c5d60b1a3928f7e6d5c4b3a29180f7e"


class UploadRequest(RequestBody):
    filename: Annotated[
        str,
        Field(
            description="Only displayed; paths, control characters and the like are removed.",
            max_length=_LONGEST_CLIENT_NAME,
            examples=["IMG_2041.jpg"],
        ),
    ]
    size: Annotated[
        int,
        Field(
            description="Bytes of the file.",
            ge=0,
            le=_LARGEST_SIZE,
            examples=[4_816_233],
            # An empty file is refused with a code of its own.
            json_schema_extra={"minimum": 1},
        ),
    ]
    content_type: Annotated[
        str,
        Field(
            description="The file's media type; empty for that of its name.",
            max_length=200,
            examples=["image/jpeg"],
        ),
    ] = ""
    sha256: Annotated[
        Sha256,
        Field(
            description="SHA-256 of the file, in lower-case hexadecimal.", examples=[SHA256_EXAMPLE]
        ),
    ]
    taken_at: Moment | None = Field(
        None,
        description="When it was taken, ISO 8601, for files that do not say so themselves.",
        examples=["2026-06-13T18:42:07+01:00"],
    )
    album_id: Id | None = Field(
        None,
        description="The id of an album, kept with the upload; null for none.",
        examples=[None],
    )
    on_duplicate: Text[OnDuplicate] = Field(
        OnDuplicate.SKIP, description="What happens where the owner has these bytes already."
    )
    lane: Text[Lane] = Field(
        Lane.INTERACTIVE, description="`interactive` uploads overtake `bulk` ones in processing."
    )


class PartsRequest(RequestBody):
    numbers: Annotated[
        list[Annotated[int, Field(ge=1)]],
        Field(
            description="Parts to sign URLs for, counted from 1; at most 1000.",
            min_length=1,
            max_length=1000,
            examples=[[1, 2]],
        ),
    ]


class CompletedPart(RequestBody):
    number: Annotated[
        int, Field(description="The part, counted from 1.", ge=1, le=10_000, examples=[1])
    ]
    etag: Annotated[
        str,
        Field(
            description="The `ETag` that storage answered the part with.",
            max_length=200,
            examples=[_ETAG_EXAMPLE],
        ),
    ]


class CompleteRequest(RequestBody):
    # No parts are refused with a code of their own.
    model_config = ConfigDict(json_schema_extra={"required": ["parts"]})

    parts: Annotated[
        list[CompletedPart],
        Field(
            max_length=10_000,
            examples=[[{"number": 1, "etag": _ETAG_EXAMPLE}]],
            json_schema_extra={"minItems": 1},
        ),
    ] = Field([], description="Every part, with its number and etag.")


class CheckRequest(RequestBody):
    sha256: Annotated[
        list[Sha256],
        Field(
            description="SHA-256 of each file, in lower-case hexadecimal; at most 5000.",
            max_length=5000,
            examples=[[SHA256_EXAMPLE]],
        ),
    ]


class PartUrl(BaseModel):
    """PUT the part's bytes here; `complete` takes the response's ETag.

    Storage refuses a body of another length than the part's: `part_size`, and the rest for the
    last part. Clients send it as `Content-Length` by themselves.
    """

    number: int = Field(description="The part, counted from 1.", examples=[1])
    url: str = Field(
        description="Presigned; PUT the bytes of the part to it.", examples=[_PART_URL_EXAMPLE]
    )
    expires_at: datetime = Field(
        description="When the URL expires, ISO 8601 in UTC.", examples=["2026-06-14T09:03:29Z"]
    )


class PartUrls(BaseModel):
    parts: list[PartUrl] = Field(description="A URL for each part that was asked for.")


class UploadSession(BaseModel):
    upload_id: str = Field(description="Names the upload.", examples=[_UPLOAD_ID_EXAMPLE])
    photo_id: str = Field(description="The id that the photo gets.", examples=[PHOTO_ID_EXAMPLE])
    part_size: int = Field(description="Bytes of every part but the last.", examples=[16_777_216])
    parts_total: int = Field(description="How many parts the file has.", examples=[1])
    parts: list[PartUrl] = Field(
        description="The first parts that have not arrived; ask for more by number."
    )
    parts_received: list[int] = Field(
        description="Not empty where an unfinished upload of the same file is resumed.",
        examples=[[]],
    )
    lane: Lane = Field(description="`interactive` uploads overtake `bulk` ones in processing.")
    expires_at: datetime = Field(
        description="When the unfinished upload is given up, ISO 8601 in UTC.",
        examples=["2026-06-21T08:03:29Z"],
    )


class Duplicate(BaseModel):
    duplicate_of: str = Field(
        description="The id of the photo with the same bytes.", examples=[PHOTO_ID_EXAMPLE]
    )


class ReceivedPart(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int = Field(description="The part, counted from 1.", examples=[1])
    etag: str = Field(description="The `ETag` that storage gave it.", examples=[_ETAG_EXAMPLE])
    size: int = Field(description="Bytes of the part.", examples=[4_816_233])


class UploadFailure(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str = Field(description="Names the reason to programs.", examples=["hash_mismatch"])
    message: str = Field(
        description="The reason in words, to display.",
        examples=["The bytes that arrived have another SHA-256."],
    )


class UploadStatus(BaseModel):
    upload_id: str = Field(description="Names the upload.", examples=[_UPLOAD_ID_EXAMPLE])
    photo_id: str = Field(description="The id that the photo gets.", examples=[PHOTO_ID_EXAMPLE])
    state: UploadState = Field(
        description="`open`, `completing`, `accepted`, `cancelled`, `expired` or `failed`."
    )
    filename: str = Field(description="As it is displayed.", examples=["IMG_2041.jpg"])
    content_type: str = Field(
        description="The media type, as announced or by the file's name.", examples=["image/jpeg"]
    )
    size: int = Field(description="Bytes of the file.", examples=[4_816_233])
    sha256: str = Field(
        description="SHA-256 of the file, in lower-case hexadecimal.", examples=[SHA256_EXAMPLE]
    )
    part_size: int = Field(description="Bytes of every part but the last.", examples=[16_777_216])
    parts_total: int = Field(description="How many parts the file has.", examples=[1])
    parts_received: list[int] = Field(
        description="The numbers of the parts that storage holds.", examples=[[1]]
    )
    parts: list[ReceivedPart] = Field(description="The same parts, with what `complete` takes.")
    duplicate_of: str | None = Field(
        description="The id of the photo with the same bytes; null where there is none.",
        examples=[None],
    )
    failure: UploadFailure | None = Field(
        description="Why the upload failed; null unless `state` is `failed`.", examples=[None]
    )
    created_at: datetime = Field(
        description="When the upload began, ISO 8601 in UTC.", examples=["2026-06-14T08:03:29Z"]
    )
    expires_at: datetime = Field(
        description="When the unfinished upload is given up, ISO 8601 in UTC.",
        examples=["2026-06-21T08:03:29Z"],
    )


class UploadReceipt(BaseModel):
    photo_id: str = Field(description="The id of the photo.", examples=[PHOTO_ID_EXAMPLE])
    duplicate_of: str | None = Field(
        None,
        description="Where the owner had these bytes already, that photo's id; `photo_id` is the"
        " same then.",
        examples=[None],
    )


class DigestMatch(BaseModel):
    sha256: str = Field(description="SHA-256 of the file.", examples=[SHA256_EXAMPLE])
    photo_id: str = Field(
        description="The id of the photo with these bytes.", examples=[PHOTO_ID_EXAMPLE]
    )


class DigestMatches(BaseModel):
    items: list[DigestMatch] = Field(description="The files that are in the library already.")


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
