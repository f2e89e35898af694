"""The routes of photos that look alike, and how a picture is taken in."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from pichaven_chassis.auth import Reader
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.problems import (
    InvalidRequest,
    NotFound,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from pichaven_search.container import Injected
from pichaven_search.ml_client.pictures import (
    MAX_PICTURE_BYTES,
    PictureTooLarge,
    TooManyPixels,
    UnreadablePicture,
    UnsupportedPicture,
)
from pichaven_search.photos.presentation import Presentation, json_response
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import read_filters
from pichaven_search.similar.model import Similar
from pichaven_search.similar.schemas import SimilarPhotos

router: Final = APIRouter(tags=["search"])

_ENVELOPE: Final = 16 << 10
"""What a form adds to its file."""
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG or WebP of at most 20 MiB.",
                        }
                    },
                }
            }
        },
    }
}


@router.get(
    "/photos/{photo_id}/similar",
    response_model=SimilarPhotos,
    responses=problem_responses(Unauthorized, NotFound, Unavailable),
)
async def similar(
    photo_id: PathId,
    user: Reader,
    base_url: PublicBase,
    container: Injected,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The own photos that look most like this one, the likest first."""
    found = await container.find_similar(photo_id, owner_id=user.user_id, limit=limit)
    return _similar(found, container.presentation, base_url)


@router.post(
    "/search/image",
    response_model=SimilarPhotos,
    responses=problem_responses(
        Unauthorized,
        UnreadablePicture,
        TooManyPixels,
        PictureTooLarge,
        UnsupportedPicture,
        InvalidFilter,
        Unavailable,
    ),
    openapi_extra=_BODY,
)
async def search_image(
    request: Request,
    user: Reader,
    base_url: PublicBase,
    narrowed: Annotated[Filters, Depends(read_filters)],
    container: Injected,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The own photos that look most like the picture, the likest first. It is kept nowhere."""
    async with container.search_by_picture.room():
        data = await _picture(request)
        found = await container.search_by_picture(
            data, owner_id=user.user_id, filters=narrowed, limit=limit
        )
    return _similar(found, container.presentation, base_url)


def _similar(found: Similar, presentation: Presentation, base_url: str) -> Response:
    """`SimilarPhotos` of schemas.py."""
    return json_response(
        {
            "items": [
                {"photo": presentation.photo(each.photo, base_url), "score": round(each.cosine, 4)}
                for each in found.likenesses
            ],
            "model": found.model,
            "reason": found.reason,
        }
    )


async def _picture(request: Request) -> bytes:
    """The form's `file`. On disk while it comes in; refused as soon as it is known too large."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > MAX_PICTURE_BYTES + _ENVELOPE:
        raise PictureTooLarge
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidRequest("Send the picture as the multipart field `file`.")
    try:
        async with aclosing(_bounded(request.stream())) as body:
            form = await MultiPartParser(request.headers, body, max_files=1, max_fields=4).parse()
    except MultiPartException as error:
        raise InvalidRequest(f"The body is no multipart form: {error.message}") from error
    except KeyError:
        raise InvalidRequest("The multipart form has no boundary.") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidRequest("Send the picture as the multipart field `file`.")
        if (file.size or 0) > MAX_PICTURE_BYTES:
            raise PictureTooLarge
        return await file.read()
    finally:
        await form.close()


async def _bounded(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    taken = 0
    async for chunk in stream:
        taken += len(chunk)
        if taken > MAX_PICTURE_BYTES + _ENVELOPE:
            raise PictureTooLarge
        yield chunk
