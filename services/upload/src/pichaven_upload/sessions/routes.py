"""Upload's HTTP surface."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.etags import etag, not_modified
from pichaven_chassis.http import PublicBase, from_state
from pichaven_chassis.ids import PathId
from pichaven_chassis.problems import NotFound, Problem, problem_responses
from pichaven_upload.direct.form_stream import FormStream
from pichaven_upload.direct.receive_photo import ReceivePhoto
from pichaven_upload.photos.queries import FindKnown
from pichaven_upload.sessions.cancel_upload import CancelUpload
from pichaven_upload.sessions.complete_upload import CompleteUpload
from pichaven_upload.sessions.errors import (
    EmptyFile,
    FileMissing,
    FileTooLarge,
    HashMismatch,
    InvalidPartList,
    NoParts,
    PartsMissing,
    QuotaExceeded,
    SizeMismatch,
    TooManyOpenUploads,
    UnsupportedMediaType,
    UploadCompleting,
    UploadEnded,
    UploadRateExceeded,
    UploadStalled,
)
from pichaven_upload.sessions.inspect_upload import AddressParts, InspectUpload
from pichaven_upload.sessions.open_upload import Announcement, Duplicate, OpenUpload
from pichaven_upload.sessions.schemas import (
    CheckRequest,
    CompleteRequest,
    DuplicateFound,
    KnownPhoto,
    KnownPhotos,
    PartSigner,
    PartsRequest,
    PartUrls,
    PhotoAccepted,
    UploadBegun,
    UploadRequest,
    UploadStatus,
    UsageReport,
    upload_status,
)
from pichaven_upload.usage.queries import ReportUsage

_FORM_OVERHEAD: Final = 1 << 20
_DRAINED: Final = 16 << 20
_DRAINED_FOR_S: Final = 10.0
_REFUSALS: Final = (
    EmptyFile,
    FileTooLarge,
    QuotaExceeded,
    UnsupportedMediaType,
    UploadRateExceeded,
    TooManyOpenUploads,
)
_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                        "album_id": {"type": "string", "format": "uuid"},
                        "taken_at": {"type": "string", "format": "date-time"},
                        "on_duplicate": {"enum": ["skip", "keep", "replace"]},
                        "lane": {"enum": ["interactive", "bulk"]},
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What the routes call; one object on the application's state."""

    open_upload: OpenUpload
    inspect_upload: InspectUpload
    address_parts: AddressParts
    complete_upload: CompleteUpload
    cancel_upload: CancelUpload
    find_known: FindKnown
    receive_photo: ReceivePhoto
    report_usage: ReportUsage
    sign: PartSigner
    urls_at_once: int
    max_file_bytes: int


Cases = Annotated[UseCases, from_state("use_cases")]
router = APIRouter(tags=["upload"])


@router.post(
    "/uploads",
    status_code=status.HTTP_201_CREATED,
    response_model=UploadBegun,
    responses={200: {"model": DuplicateFound}, **problem_responses(*_REFUSALS)},
)
async def open_upload(
    body: UploadRequest, user: CurrentUser, cases: Cases, base: PublicBase
) -> Response:
    """Begin an upload, or go on with the unfinished one of the same file.

    With `on_duplicate: skip`, 200 with `duplicate_of` where you have these bytes already.
    """
    begun = await cases.open_upload(Announcement(owner_id=user.user_id, **dict(body)))
    if isinstance(begun, Duplicate):
        return JSONResponse({"duplicate_of": begun.photo_id}, status.HTTP_200_OK)
    upload = begun.upload
    received = [part.number for part in begun.parts]
    waiting = upload.missing_parts({part.number: part.size for part in begun.parts})
    answer = UploadBegun(
        upload_id=upload.upload_id,
        photo_id=upload.photo_id,
        part_size=upload.part_size,
        parts_total=upload.parts_total,
        parts=cases.sign(upload, waiting[: cases.urls_at_once], base),
        parts_received=received,
        lane=upload.lane,
        expires_at=upload.expires_at,
    )
    return Response(
        answer.model_dump_json(),
        status.HTTP_201_CREATED,
        headers={"Location": f"/api/v1/uploads/{upload.upload_id}"},
        media_type="application/json",
    )


@router.post("/uploads/check")
async def check_digests(body: CheckRequest, user: CurrentUser, cases: Cases) -> KnownPhotos:
    """Which of these files you have already."""
    known = await cases.find_known(user.user_id, body.sha256)
    return KnownPhotos(
        items=[KnownPhoto(sha256=digest, photo_id=photo) for digest, photo in known.items()]
    )


@router.get(
    "/uploads/{upload_id}", response_model=UploadStatus, responses=problem_responses(NotFound)
)
async def inspect_upload(
    upload_id: PathId, user: CurrentUser, cases: Cases, request: Request
) -> Response:
    """Where an upload stands; the parts are those that storage holds at this moment."""
    view = await cases.inspect_upload(user.user_id, upload_id)
    body = upload_status(view).model_dump_json()
    tag = etag(hashlib.sha256(body.encode()).hexdigest()[:16])
    if not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag}, media_type="application/json")


@router.post(
    "/uploads/{upload_id}/parts",
    responses=problem_responses(NotFound, UploadEnded, InvalidPartList),
)
async def address_parts(
    upload_id: PathId, body: PartsRequest, user: CurrentUser, cases: Cases, base: PublicBase
) -> PartUrls:
    """Fresh URLs for parts."""
    numbers = list(dict.fromkeys(body.numbers))
    upload = await cases.address_parts(user.user_id, upload_id, numbers)
    return PartUrls(parts=cases.sign(upload, numbers, base))


@router.post(
    "/uploads/{upload_id}/complete",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        NotFound,
        NoParts,
        PartsMissing,
        InvalidPartList,
        SizeMismatch,
        UploadEnded,
        UploadCompleting,
    ),
)
async def complete_upload(
    upload_id: PathId, body: CompleteRequest, user: CurrentUser, cases: Cases
) -> PhotoAccepted:
    """Make a photo of the parts. The answer is a durable receipt; repeating is harmless."""
    upload = await cases.complete_upload(
        user.user_id, upload_id, [(part.number, part.etag) for part in body.parts]
    )
    return PhotoAccepted(photo_id=upload.photo_id, duplicate_of=upload.duplicate_of)


@router.delete(
    "/uploads/{upload_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(NotFound, UploadEnded, UploadCompleting),
)
async def cancel_upload(upload_id: PathId, user: CurrentUser, cases: Cases) -> None:
    """Cancel an unfinished upload and remove its parts."""
    await cases.cancel_upload(user.user_id, upload_id)


@router.post(
    "/photos",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=PhotoAccepted,
    responses={
        200: {"model": PhotoAccepted},
        **problem_responses(*_REFUSALS, FileMissing, HashMismatch, UploadStalled),
    },
    openapi_extra=_FORM,
)
async def receive_photo(request: Request, user: CurrentUser, cases: Cases) -> Response:
    """Upload a whole file in one request.

    Fields may stand before or after the file; a `sha256` before it saves a copy of large files.
    """
    declared = request.headers.get("content-length", "")
    at_most = int(declared) if declared.isdecimal() else None
    if at_most is not None and at_most > cases.max_file_bytes + _FORM_OVERHEAD:
        raise FileTooLarge(cases.max_file_bytes)
    body = request.stream()
    try:
        form = FormStream(request.headers.get("content-type", ""), body)
        await form.begin()
        received = await cases.receive_photo(user.user_id, form, at_most=at_most)
    except Problem:
        await _drain(body)
        raise
    except ClientDisconnect:
        # Nobody is there to read it.
        return Response(status_code=499)
    duplicate = received.photo_id if isinstance(received, Duplicate) else received.duplicate_of
    if duplicate is not None:
        return JSONResponse({"photo_id": duplicate, "duplicate_of": duplicate}, status.HTTP_200_OK)
    return JSONResponse({"photo_id": received.photo_id}, status.HTTP_202_ACCEPTED)


async def _drain(body: AsyncIterator[bytes]) -> None:
    """Read on for a while: many clients hear an answer only after they have sent everything."""
    drained = 0
    try:
        async with asyncio.timeout(_DRAINED_FOR_S):
            async for chunk in body:
                drained += len(chunk)
                if drained > _DRAINED:
                    return
    except (ClientDisconnect, TimeoutError):
        return


@router.get("/me/usage")
async def report_usage(user: CurrentUser, cases: Cases) -> UsageReport:
    """What you use of what you may use."""
    return UsageReport.model_validate(await cases.report_usage(user.user_id))
