"""Trash and timeline."""

from fastapi import APIRouter, status

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.ids import PathId
from pichaven_chassis.pages import InvalidCursor, Limit
from pichaven_chassis.problems import NotFound, Unauthorized, problem_responses
from pichaven_gallery.photos.errors import InvalidMonth
from pichaven_gallery.photos.lifecycle import changed_event
from pichaven_gallery.photos.parameters import (
    Cases,
    Cursor,
    Shown,
    cursor_of,
    position_of,
)
from pichaven_gallery.photos.schemas import CompactPage, PhotoPage, TimelineShown


def trash_router() -> APIRouter:
    made = APIRouter(prefix="/trash", tags=["trash"])

    @made.get("", responses=problem_responses(Unauthorized, InvalidCursor))
    async def list_trash(
        user: CurrentUser, cases: Cases, showing: Shown, limit: Limit = 50, cursor: Cursor = None
    ) -> PhotoPage:
        """The photos in the trash, the latest first."""
        found, following = await cases.list_trash(
            user.user_id, limit=limit, after=position_of(cursor, "trash")
        )
        return PhotoPage(
            items=[showing.photo(photo) for photo in found],
            next_cursor=cursor_of(following, "trash"),
        )

    @made.delete(
        "", status_code=status.HTTP_204_NO_CONTENT, responses=problem_responses(Unauthorized)
    )
    async def empty_trash(user: CurrentUser, cases: Cases) -> None:
        """Remove everything in the trash for good. It is empty at once."""
        await cases.empty_trash(user.user_id)

    @made.delete(
        "/{photo_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problem_responses(Unauthorized, NotFound),
    )
    async def purge_photo(photo_id: PathId, user: CurrentUser, cases: Cases) -> None:
        """Remove a photo in the trash for good, with all that was made of it."""
        await cases.change.purge(photo_id, user.user_id)

    return made


def timeline_router() -> APIRouter:
    made = APIRouter(prefix="/timeline", tags=["timeline"])

    @made.get("", responses=problem_responses(Unauthorized))
    async def show_timeline(user: CurrentUser, cases: Cases) -> TimelineShown:
        """How many photos each month has (UTC), the latest first."""
        return TimelineShown.of(await cases.timeline(user.user_id))

    @made.get(
        "/{month}",
        responses=problem_responses(Unauthorized, InvalidMonth, InvalidCursor),
    )
    async def show_month(
        month: str,
        user: CurrentUser,
        cases: Cases,
        showing: Shown,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> CompactPage:
        """A month's photos as a grid needs them, the latest first."""
        kind = f"month.{month}"
        found, following = await cases.month(
            user.user_id, month, limit=limit, after=position_of(cursor, kind)
        )
        return CompactPage(
            items=[showing.compact(changed_event(photo)) for photo in found],
            next_cursor=cursor_of(following, kind),
        )

    return made
