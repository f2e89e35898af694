"""The library: lists, one photo, changes."""

from typing import Literal

from fastapi import APIRouter, Request, Response, status

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.etags import not_modified
from pichaven_chassis.ids import PathId
from pichaven_chassis.pages import InvalidCursor, Limit
from pichaven_chassis.problems import (
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Unauthorized,
    problem_responses,
)
from pichaven_gallery.photos.edits import clean_tag
from pichaven_gallery.photos.errors import InvalidTag, OriginalGone, PhotoInTrash, TooManyTags
from pichaven_gallery.photos.listing import Order
from pichaven_gallery.photos.parameters import (
    Cases,
    Cursor,
    Filtered,
    Shown,
    cursor_of,
    position_of,
)
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.presenter import Showing, state_tag, versions_named
from pichaven_gallery.photos.schemas import (
    Batch,
    BatchResult,
    BatchResults,
    PhotoDetail,
    PhotoPage,
    PhotoPatch,
)


def router() -> APIRouter:
    made = APIRouter(prefix="/photos", tags=["photos"])
    _add_list(made)
    _add_batch(made)
    _add_photo(made)
    _add_shelf_moves(made)
    return made


def answer(request: Request, photo: Photo, showing: Showing, code: int = 200) -> Response:
    """One photo as JSON with its tag; nothing but the tag when the client has it already."""
    body = showing.detail(photo).model_dump_json().encode()
    tag = state_tag(photo.version, body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.method == "GET" and not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, code, headers, "application/json")


def _add_list(made: APIRouter) -> None:
    @made.get("", responses=problem_responses(Unauthorized, InvalidCursor, InvalidRequest))
    async def list_photos(
        user: CurrentUser,
        cases: Cases,
        showing: Shown,
        filters: Filtered,
        sort: Literal["taken_at", "created_at"] = "taken_at",
        order: Literal["asc", "desc"] = "desc",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> PhotoPage:
        """The photos of the library, without the trash."""
        kind = f"{sort}.{order}"
        found, following = await cases.list_photos(
            user.user_id,
            filters,
            Order(sort, descending=order == "desc"),
            limit=limit,
            after=position_of(cursor, kind),
        )
        return PhotoPage(
            items=[showing.photo(photo) for photo in found],
            next_cursor=cursor_of(following, kind),
        )


def _add_batch(made: APIRouter) -> None:
    @made.post(
        "/batch",
        responses=problem_responses(Unauthorized, InvalidRequest, InvalidTag),
    )
    async def change_many(asked: Batch, user: CurrentUser, cases: Cases) -> BatchResults:
        """One action on up to 500 photos; the answer says for each what became of it."""
        adding = asked.action == "add_tags"
        tags = tuple(map(clean_tag, asked.tags) if adding else asked.tags)
        results = await cases.batch(user.user_id, asked.ids, asked.action, tags)
        return BatchResults(
            results=[
                BatchResult(
                    id=result.photo_id,
                    ok=result.problem is None,
                    version=result.version,
                    code=result.problem.code if result.problem else None,
                    detail=result.problem.detail if result.problem else None,
                )
                for result in results
            ]
        )


def _add_photo(made: APIRouter) -> None:
    @made.get(
        "/{photo_id}",
        response_model=PhotoDetail,
        responses=problem_responses(Unauthorized, NotFound),
    )
    async def show_photo(
        photo_id: PathId, user: CurrentUser, request: Request, cases: Cases, showing: Shown
    ) -> Response:
        """One photo, in the library or in the trash, with every step of its way."""
        return answer(request, await cases.show(photo_id, user.user_id), showing)

    @made.patch(
        "/{photo_id}",
        response_model=PhotoDetail,
        responses=problem_responses(
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
        asked: PhotoPatch,
        user: CurrentUser,
        request: Request,
        cases: Cases,
        showing: Shown,
    ) -> Response:
        """Change what is named; with `If-Match` only the version that was read."""
        versions = versions_named(request.headers.get("if-match"))
        photo = await cases.change.edit(photo_id, user.user_id, asked.revision(), versions=versions)
        return answer(request, photo, showing)


def _add_shelf_moves(made: APIRouter) -> None:
    @made.delete(
        "/{photo_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problem_responses(Unauthorized, NotFound),
    )
    async def trash_photo(photo_id: PathId, user: CurrentUser, cases: Cases) -> None:
        """Put the photo into the trash, where it stays for 30 days."""
        await cases.change.trash(photo_id, user.user_id)

    @made.post(
        "/{photo_id}/restore",
        response_model=PhotoDetail,
        responses=problem_responses(Unauthorized, NotFound),
    )
    async def restore_photo(
        photo_id: PathId, user: CurrentUser, request: Request, cases: Cases, showing: Shown
    ) -> Response:
        """Take the photo out of the trash."""
        return answer(request, await cases.change.restore(photo_id, user.user_id), showing)

    @made.post(
        "/{photo_id}/reprocess",
        response_model=PhotoDetail,
        status_code=status.HTTP_202_ACCEPTED,
        responses=problem_responses(Unauthorized, NotFound, PhotoInTrash, OriginalGone),
    )
    async def reprocess_photo(
        photo_id: PathId, user: CurrentUser, request: Request, cases: Cases, showing: Shown
    ) -> Response:
        """Have variants, facts and tags made anew from the original."""
        photo = await cases.reprocess(photo_id, user.user_id)
        return answer(request, photo, showing, status.HTTP_202_ACCEPTED)
