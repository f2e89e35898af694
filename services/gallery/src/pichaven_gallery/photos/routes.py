"""`/photos`: lists, one photo, changes."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response, status

from pichaven_chassis.etags import NOT_MODIFIED, IfMatch, InvalidIfMatch, etag, not_modified
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.pagination import Cursor, InvalidCursor, Limit, TimeCursor
from pichaven_chassis.parameters import InvalidDate, UnknownName
from pichaven_chassis.problems import (
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Unauthorized,
    problem_responses,
)
from pichaven_contracts.variants import VariantChoice
from pichaven_gallery.access.dependencies import EditingViewer, ReadingViewer, WritingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.photos import schemas
from pichaven_gallery.photos.errors import InvalidTag, OriginalGone, PhotoInTrash, TooManyTags
from pichaven_gallery.photos.listing import Order
from pichaven_gallery.photos.parameters import FiltersQuery, ListVariants, Variants
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.presenter import PhotoPresenter

router = APIRouter(prefix="/photos", tags=["photos"])

Sort = Annotated[
    Literal["taken_at", "taken_at_local", "created_at"],
    Query(
        description="By the instant, the wall time where it was taken, or the upload.",
        examples=["taken_at"],
    ),
]
Trashed = Annotated[
    bool,
    Query(
        description="Those of the trash instead of the library; filters say nothing then.",
        examples=[False],
    ),
]
Direction = Annotated[
    Literal["asc", "desc"],
    Query(description="`desc` has the latest first.", examples=["desc"]),
]


def _respond(
    request: Request,
    photo: Photo,
    presenter: PhotoPresenter,
    variants: VariantChoice,
    code: int = 200,
) -> Response:
    """Return the photo as JSON with its ETag, or 304 if the client has it already."""
    body = presenter.detail(photo, variants).model_dump_json().encode()
    tag = _photo_etag(photo.version, body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.method == "GET" and not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, code, headers, "application/json")


def _photo_etag(version: int, body: bytes) -> str:
    """Return a tag of the representation with the version in front.

    Steps and renewed URLs change the representation, not the version: readers compare the whole
    tag, writers the version alone.
    """
    return etag(f"{version}-{hashlib.sha256(body).hexdigest()[:16]}")


@router.get(
    "",
    responses=problem_responses(
        Unauthorized, InvalidCursor, UnknownName, InvalidDate, InvalidRequest
    ),
)
async def list_photos(
    viewer: ReadingViewer,
    container: Injected,
    base_url: PublicBase,
    filters: FiltersQuery,
    variants: ListVariants,
    sort: Sort = "taken_at",
    order: Direction = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> schemas.PhotoPage:
    """The photos of the library, without the trash; by the instant, the wall time, or arrival."""
    kind = f"{sort}.{order}"
    photos, last = await container.list_photos(
        viewer,
        filters,
        Order(sort, descending=order == "desc"),
        limit=limit,
        after=TimeCursor.decode(cursor, kind),
    )
    presenter = container.presenter(viewer, base_url)
    return schemas.PhotoPage(
        items=[presenter.photo(photo, variants) for photo in photos],
        next_cursor=last.encode(kind) if last else None,
    )


@router.post("/batch", responses=problem_responses(Unauthorized, InvalidRequest, InvalidTag))
async def change_many(
    batch: schemas.Batch, viewer: WritingViewer, container: Injected
) -> schemas.BatchResults:
    """One action on up to 500 photos, with a result for each."""
    results = await container.run_batch(batch.ids, viewer, batch.action, batch.to_values())
    return schemas.BatchResults(
        results=[
            schemas.BatchResult(
                id=result.photo_id,
                ok=result.problem is None,
                version=result.photo.version if result.photo else None,
                code=result.problem.code if result.problem else None,
                detail=result.problem.detail if result.problem else None,
            )
            for result in results
        ]
    )


@router.get("/count", responses=problem_responses(Unauthorized, InvalidDate, InvalidRequest))
async def count_photos(
    viewer: ReadingViewer, container: Injected, filters: FiltersQuery, trashed: Trashed = False
) -> schemas.PhotoCount:
    """How many photos a list has: of the library by filters, or all of the trash."""
    return schemas.PhotoCount(count=await container.count_photos(viewer, filters, trashed=trashed))


@router.get(
    "/{photo_id}",
    response_model=schemas.PhotoDetail,
    responses=problem_responses(UnknownName, Unauthorized, NotFound) | NOT_MODIFIED,
)
async def show_photo(
    photo_id: PathId,
    viewer: ReadingViewer,
    request: Request,
    container: Injected,
    base_url: PublicBase,
    variants: Variants,
) -> Response:
    """One photo, in the library or in the trash, with its processing steps."""
    photo = await container.get_photo(photo_id, viewer)
    return _respond(request, photo, container.presenter(viewer, base_url), variants)


@router.patch(
    "/{photo_id}",
    response_model=schemas.PhotoDetail,
    responses=problem_responses(
        UnknownName,
        InvalidIfMatch,
        Unauthorized,
        NotFound,
        PhotoInTrash,
        TooManyTags,
        PreconditionFailed,
        InvalidRequest,
        InvalidTag,
    ),
)
async def change_photo(
    photo_id: PathId,
    patch: schemas.PhotoPatch,
    viewer: EditingViewer,
    expected: IfMatch,
    request: Request,
    container: Injected,
    base_url: PublicBase,
    variants: Variants,
) -> Response:
    """Change the fields that are sent; with `If-Match` only in that version."""
    photo = await container.edit_photo(photo_id, viewer, patch.to_patch(), expected=expected)
    return _respond(request, photo, container.presenter(viewer, base_url), variants)


@router.delete(
    "/{photo_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(InvalidIfMatch, Unauthorized, NotFound, PreconditionFailed),
)
async def trash_photo(
    photo_id: PathId, viewer: WritingViewer, expected: IfMatch, container: Injected
) -> None:
    """Put the photo into the trash, where it stays for 30 days."""
    await container.trash_photo(photo_id, viewer, expected=expected)


@router.post(
    "/{photo_id}/restore",
    response_model=schemas.PhotoDetail,
    responses=problem_responses(
        UnknownName, InvalidIfMatch, Unauthorized, NotFound, PreconditionFailed
    ),
)
async def restore_photo(
    photo_id: PathId,
    viewer: EditingViewer,
    expected: IfMatch,
    request: Request,
    container: Injected,
    base_url: PublicBase,
    variants: Variants,
) -> Response:
    """Take the photo out of the trash."""
    photo = await container.restore_photo(photo_id, viewer, expected=expected)
    return _respond(request, photo, container.presenter(viewer, base_url), variants)


@router.post(
    "/{photo_id}/reprocess",
    response_model=schemas.PhotoDetail,
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        UnknownName,
        InvalidIfMatch,
        Unauthorized,
        NotFound,
        PhotoInTrash,
        OriginalGone,
        PreconditionFailed,
    ),
)
async def reprocess_photo(
    photo_id: PathId,
    viewer: EditingViewer,
    expected: IfMatch,
    request: Request,
    container: Injected,
    base_url: PublicBase,
    variants: Variants,
) -> Response:
    """Have variants, facts and tags made again from the original."""
    photo = await container.reprocess_photo(photo_id, viewer, expected=expected)
    return _respond(request, photo, container.presenter(viewer, base_url), variants, code=202)
