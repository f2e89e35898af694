"""`/uploads`: resumable uploads of presigned parts."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response, status

from pichaven_chassis.auth import (
    CurrentUser,
    InsufficientScope,
    Principal,
    Reader,
    Scope,
    Writer,
)
from pichaven_chassis.etags import NOT_MODIFIED, IfMatch, InvalidIfMatch, content_etag, not_modified
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.problems import (
    BodyTooLarge,
    EmptyFile,
    NotFound,
    PreconditionFailed,
    problem_responses,
)
from pichaven_chassis.response_headers import describe_header, header_response
from pichaven_upload.container import Injected
from pichaven_upload.sessions.attach_sidecar import MAX_SIDECAR_BYTES
from pichaven_upload.sessions.errors import (
    FileTooLarge,
    InvalidPartList,
    InvalidSidecar,
    NoParts,
    PartsMissing,
    SizeMismatch,
    UnsupportedMediaType,
    UploadCompleting,
    UploadEnded,
)
from pichaven_upload.sessions.model import ExistingPhoto
from pichaven_upload.sessions.open_upload import Announcement
from pichaven_upload.sessions.schemas import (
    CheckRequest,
    CompleteRequest,
    DigestMatch,
    DigestMatches,
    Duplicate,
    PartsRequest,
    PartUrls,
    UploadReceipt,
    UploadRequest,
    UploadSession,
    UploadStatus,
    to_part_urls,
    to_upload_session,
    to_upload_status,
)
from pichaven_upload.usage.errors import QuotaExceeded, TooManyOpenUploads, UploadRateExceeded

_FIRST_URLS: Final = 100
_LOCATION: Final = describe_header(
    "The path of the upload.", "/api/v1/uploads/019ec52c-41b7-7d20-a6c3-90f1e2d8b574"
)
_SIDECAR_EXAMPLE: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/>'
    "</rdf:RDF></x:xmpmeta>"
)
REFUSALS: Final = (
    EmptyFile,
    FileTooLarge,
    QuotaExceeded,
    UnsupportedMediaType,
    UploadRateExceeded,
    TooManyOpenUploads,
)
"""Problems of a new upload, whichever way it is sent."""

router = APIRouter(tags=["upload"])


async def _reader_or_writer(user: CurrentUser) -> Principal:
    if user.scopes.isdisjoint(Scope):
        raise InsufficientScope([Scope.PHOTOS_WRITE])
    return user


ReaderOrWriter = Annotated[Principal, Depends(_reader_or_writer)]
"""A caller that may read photos or add them: an uploader reads what it has sent."""


@router.post(
    "/uploads",
    status_code=status.HTTP_201_CREATED,
    response_model=UploadSession,
    responses={200: {"model": Duplicate}, **problem_responses(*REFUSALS)}
    | header_response(status.HTTP_201_CREATED, "Location", _LOCATION),
)
async def open_upload(
    body: UploadRequest, user: Writer, container: Injected, base_url: PublicBase
) -> Response:
    """Begin an upload, or resume the unfinished one of the same file.

    With `on_duplicate: skip`, 200 with `duplicate_of` where you have these bytes already.
    """
    progress = await container.open_upload(Announcement(owner_id=user.user_id, **dict(body)))
    if isinstance(progress, ExistingPhoto):
        duplicate = Duplicate(duplicate_of=progress.photo_id)
        return Response(duplicate.model_dump_json(), media_type="application/json")
    upload = progress.upload
    missing = upload.missing_parts({part.number: part.size for part in progress.parts})
    urls = container.part_signer(upload, missing[:_FIRST_URLS], base_url)
    return Response(
        to_upload_session(progress, urls).model_dump_json(),
        status.HTTP_201_CREATED,
        headers={"Location": f"/api/v1/uploads/{upload.upload_id}"},
        media_type="application/json",
    )


@router.post("/uploads/check")
async def check_digests(body: CheckRequest, user: Reader, container: Injected) -> DigestMatches:
    """Which of these files you have already."""
    photo_ids = await container.find_photos_by_digest(user.user_id, body.sha256)
    return DigestMatches(
        items=[
            DigestMatch(sha256=digest, photo_id=photo_id) for digest, photo_id in photo_ids.items()
        ]
    )


@router.get(
    "/uploads/{upload_id}",
    response_model=UploadStatus,
    responses=problem_responses(NotFound) | NOT_MODIFIED,
)
async def inspect_upload(
    upload_id: PathId, user: ReaderOrWriter, container: Injected, request: Request
) -> Response:
    """The state of an upload; its parts are those that storage holds at this moment.

    An API key needs either scope.
    """
    progress = await container.inspect_upload(user.user_id, upload_id)
    body = to_upload_status(progress).model_dump_json()
    tag = content_etag(body)
    if not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag}, media_type="application/json")


@router.post(
    "/uploads/{upload_id}/parts",
    responses=problem_responses(NotFound, UploadEnded, InvalidPartList),
)
async def sign_parts(
    upload_id: PathId, body: PartsRequest, user: Writer, container: Injected, base_url: PublicBase
) -> PartUrls:
    """Fresh URLs for parts."""
    numbers = list(dict.fromkeys(body.numbers))
    urls = await container.sign_parts(user.user_id, upload_id, numbers, base_url)
    return PartUrls(parts=to_part_urls(urls))


@router.post(
    "/uploads/{upload_id}/complete",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        NotFound,
        NoParts,
        PartsMissing,
        InvalidPartList,
        SizeMismatch,
        UnsupportedMediaType,
        UploadEnded,
        UploadCompleting,
    ),
)
async def complete_upload(
    upload_id: PathId, body: CompleteRequest, user: Writer, container: Injected
) -> UploadReceipt:
    """Make a photo of the parts. The answer is a durable receipt; repeating is harmless."""
    upload = await container.complete_upload(
        user.user_id, upload_id, [(part.number, part.etag) for part in body.parts]
    )
    return UploadReceipt(photo_id=upload.photo_id, duplicate_of=upload.duplicate_of)


_SIDECAR_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/rdf+xml": {
                "schema": {"type": "string", "maxLength": MAX_SIDECAR_BYTES},
                "example": _SIDECAR_EXAMPLE,
            }
        },
    }
}


@router.put(
    "/uploads/{upload_id}/sidecar",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(
        NotFound, UploadEnded, UploadCompleting, BodyTooLarge, InvalidSidecar
    ),
    openapi_extra=_SIDECAR_BODY,
)
async def attach_sidecar(
    upload_id: PathId, user: Writer, container: Injected, request: Request
) -> None:
    """Store the XMP sidecar of the file, before the upload is completed.

    Its metadata wins over the file's own. A later sidecar replaces it.
    """
    await container.attach_sidecar(user.user_id, upload_id, await request.body())


@router.delete(
    "/uploads/{upload_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(
        InvalidIfMatch, NotFound, UploadEnded, UploadCompleting, PreconditionFailed
    ),
)
async def cancel_upload(
    upload_id: PathId, user: Writer, expected: IfMatch, container: Injected
) -> None:
    """Cancel an unfinished upload and remove its parts."""
    if expected:
        progress = await container.inspect_upload(user.user_id, upload_id)
        expected.check(content_etag(to_upload_status(progress).model_dump_json()))
    await container.cancel_upload(user.user_id, upload_id)
