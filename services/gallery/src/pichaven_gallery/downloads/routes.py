"""`/downloads`: the originals of many photos as one ZIP file."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response, status

from pichaven_chassis.attachment import AttachmentStream
from pichaven_chassis.idempotency import response_with_secret
from pichaven_chassis.ids import PathId
from pichaven_chassis.problems import (
    InvalidRequest,
    NotFound,
    TooManyRequests,
    Unauthorized,
    problem_responses,
)
from pichaven_chassis.storage import ObjectMissing
from pichaven_gallery.access.dependencies import ReadingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.downloads.model import DownloadTooLarge
from pichaven_gallery.downloads.schemas import Download, DownloadRequest
from pichaven_gallery.photos.errors import OriginalGone

_ZIP: Final = "application/zip"
_EXAMPLE: Final = "PK\x05\x06" + 18 * "\0"
"""The shortest ZIP file, one without files."""

router = APIRouter(prefix="/downloads", tags=["downloads"])


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(response_with_secret)],
    responses=problem_responses(
        Unauthorized, NotFound, OriginalGone, InvalidRequest, DownloadTooLarge, TooManyRequests
    ),
)
async def prepare_download(
    request: DownloadRequest, viewer: ReadingViewer, container: Injected
) -> Download:
    """Have the originals of photos made one ZIP file, and get its address.

    Photos that cannot be in it are left out and named; where none can, the first one's problem is
    the response.
    """
    new = await container.prepare_download(
        viewer,
        query=request.query.to_query() if request.query else None,
        photo_ids=request.ids or (),
    )
    return Download.from_new(new)


@router.get(
    "/{download_id}",
    response_class=Response,
    responses=problem_responses(NotFound, OriginalGone, TooManyRequests)
    | {
        200: {
            "content": {
                _ZIP: {"schema": {"type": "string", "format": "binary", "examples": [_EXAMPLE]}}
            },
            "description": "The ZIP file. A connection that ends before `Content-Length` bytes"
            " came says that an original could not be read.",
        }
    },
)
async def download_archive(
    download_id: PathId,
    container: Injected,
    token: Annotated[
        str,
        Query(
            description="From the address that `POST /downloads` gave.",
            max_length=100,
            examples=["vT3jZ0hQm1W5xYb8Kc2LrN6sPd9EfGaU7oiHtXqBw4M"],
        ),
    ] = "",
) -> Response:
    """The ZIP file of a download, for who has its address; no other credentials are needed.

    It is made while it is sent: the names are those of the originals, the dates the wall times
    when they were taken.
    """
    download = await container.get_download(download_id, token)
    pieces = container.stream_download(download)
    try:
        # Before the response begins, so that it can still be a problem.
        first = await anext(pieces)
    except ObjectMissing:
        raise OriginalGone from None
    return AttachmentStream(
        pieces, first=first, filename=download.filename, size=download.size, media_type=_ZIP
    )
