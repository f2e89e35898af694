"""The routes of similar photos, and reading a picture from a request."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from pichaven_chassis.auth import Reader, authenticator_of
from pichaven_chassis.disconnects import cancel_on_disconnect
from pichaven_chassis.fair_slots import OwnShareTaken
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.parameters import InvalidDate, UnknownName
from pichaven_chassis.problems import (
    EmptyFile,
    FileMissing,
    InvalidRequest,
    NotFound,
    Unauthorized,
    Unavailable,
    UnknownField,
    UnsupportedBodyType,
    problem_responses,
)
from pichaven_contracts.variants import VariantChoice
from pichaven_search.audience import Audience, CurrentAudience
from pichaven_search.container import Injected
from pichaven_search.ml_client.pictures import (
    MAX_PICTURE_BYTES,
    PictureStalled,
    PictureTooLarge,
    TooManyPixels,
    UnreadablePicture,
    UnsupportedPicture,
)
from pichaven_search.photos.parameters import Variants
from pichaven_search.photos.presentation import PhotoPresenter, json_response
from pichaven_search.query_language.errors import InvalidFilter
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import read_filters
from pichaven_search.similar import schemas
from pichaven_search.similar.model import SimilarPhotos

router: Final = APIRouter(tags=["search"])

_FORM_OVERHEAD: Final = 16 << 10
"""Bytes that a multipart form has beside its file."""
_LONGEST_PAUSE_S: Final = 15
"""Longest time without a byte of the picture."""
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG or WebP of at most 20 MiB.",
                        }
                    },
                    "examples": [{"file": "beach.jpg"}],
                }
            }
        },
    }
}


@router.get(
    "/photos/{photo_id}/similar",
    response_model=schemas.SimilarPhotos,
    responses=problem_responses(UnknownName, Unauthorized, NotFound, Unavailable),
)
async def similar(
    photo_id: PathId,
    audience: CurrentAudience,
    base_url: PublicBase,
    variants: Variants,
    container: Injected,
    limit: Annotated[int, Query(ge=1, le=100, description="Photos at most.", examples=[20])] = 20,
) -> Response:
    """Return the own photos that look most like this one, the most similar first."""
    similar_photos = await container.find_similar_photos(photo_id, audience=audience, limit=limit)
    return _to_response(similar_photos, container.presenter, base_url, audience, variants)


@router.post(
    "/search/image",
    response_model=schemas.SimilarPhotos,
    responses=problem_responses(
        UnknownName,
        Unauthorized,
        FileMissing,
        EmptyFile,
        UnreadablePicture,
        TooManyPixels,
        PictureTooLarge,
        UnsupportedPicture,
        UnsupportedBodyType,
        UnknownField,
        InvalidDate,
        InvalidFilter,
        PictureStalled,
        OwnShareTaken,
        Unavailable,
    ),
    openapi_extra=_BODY,
)
async def search_image(
    request: Request,
    user: Reader,
    audience: CurrentAudience,
    base_url: PublicBase,
    filters: Annotated[Filters, Depends(read_filters)],
    variants: Variants,
    container: Injected,
    limit: Annotated[int, Query(ge=1, le=100, description="Photos at most.", examples=[20])] = 20,
) -> Response:
    """Return the own photos that look most like a picture, the most similar first.

    The picture is not stored. One search by picture of an account runs at a time, and few wait;
    others are refused with 429.
    """
    async with container.search_by_picture.slot(audience) as slot:
        body = authenticator_of(request.app).while_live(user, request.stream())
        data = await _read_picture(request.headers, slot.read(body, idle_s=_LONGEST_PAUSE_S))
        similar_photos = await cancel_on_disconnect(
            request,
            container.search_by_picture(data, audience=audience, filters=filters, limit=limit),
        )
    return _to_response(similar_photos, container.presenter, base_url, audience, variants)


def _to_response(
    similar_photos: SimilarPhotos,
    presenter: PhotoPresenter,
    base_url: str,
    audience: Audience,
    variants: VariantChoice,
) -> Response:
    """Return a `schemas.SimilarPhotos`."""
    return json_response(
        {
            "items": [
                {
                    "photo": presenter.to_json(each.photo, base_url, audience, variants),
                    "score": round(each.cosine, 4),
                }
                for each in similar_photos.photos
            ],
            "model": similar_photos.model,
            "reason": similar_photos.reason,
        }
    )


async def _read_picture(headers: Headers, chunks: AsyncIterator[bytes]) -> bytes:
    """Return the `file` of the form, which is spooled to disk meanwhile.

    Raises `PictureTooLarge` as soon as the size is known; `PictureStalled`, and what the chunks
    raise.
    """
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_PICTURE_BYTES + _FORM_OVERHEAD:
        raise PictureTooLarge
    if not headers.get("content-type", "").startswith("multipart/form-data"):
        raise UnsupportedBodyType("Send multipart/form-data with the picture in the field file.")
    try:
        async with aclosing(_limit_size(chunks)) as body:
            form = await MultiPartParser(headers, body, max_files=1, max_fields=4).parse()
    except TimeoutError:
        raise PictureStalled(f"Nothing came for {_LONGEST_PAUSE_S} seconds.") from None
    except MultiPartException as error:
        raise InvalidRequest(f"The body is no multipart form: {error.message}") from error
    except KeyError:
        raise InvalidRequest("The multipart form has no boundary.") from None
    try:
        if unknown := form.keys() - {"file"}:
            raise UnknownField(f"There is no field {min(unknown)[:100]!r}.")
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise FileMissing
        if (file.size or 0) > MAX_PICTURE_BYTES:
            raise PictureTooLarge
        return await file.read()
    finally:
        await form.close()


async def _limit_size(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > MAX_PICTURE_BYTES + _FORM_OVERHEAD:
            raise PictureTooLarge
        yield chunk
