"""`/trash`: list, empty, purge."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, status

from pichaven_chassis.etags import IfMatch, InvalidIfMatch
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.pagination import Cursor, InvalidCursor, Limit, TimeCursor
from pichaven_chassis.parameters import UnknownName
from pichaven_chassis.problems import NotFound, PreconditionFailed, Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer, WritingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.photos.parameters import ListVariants
from pichaven_gallery.trash.schemas import TrashPage

_DAY: Final = timedelta(days=1)

router = APIRouter(prefix="/trash", tags=["trash"])


@router.get("", responses=problem_responses(Unauthorized, InvalidCursor, UnknownName))
async def list_trash(
    viewer: ReadingViewer,
    container: Injected,
    base_url: PublicBase,
    variants: ListVariants,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TrashPage:
    """The photos in the trash, the latest first."""
    photos, last = await container.list_trash(
        viewer, limit=limit, after=TimeCursor.decode(cursor, "trash")
    )
    presenter = container.presenter(viewer, base_url)
    return TrashPage(
        items=[presenter.photo(photo, variants) for photo in photos],
        next_cursor=last.encode("trash") if last else None,
        keep_days=presenter.timeouts.trash / _DAY,
    )


@router.delete(
    "", status_code=status.HTTP_204_NO_CONTENT, responses=problem_responses(Unauthorized)
)
async def empty_trash(viewer: WritingViewer, container: Injected) -> None:
    """Remove everything in the trash for good. It is empty at once."""
    await container.empty_trash(viewer)


@router.delete(
    "/{photo_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(InvalidIfMatch, Unauthorized, NotFound, PreconditionFailed),
)
async def purge_photo(
    photo_id: PathId, viewer: WritingViewer, expected: IfMatch, container: Injected
) -> None:
    """Remove a photo in the trash for good, with all its files and data."""
    await container.purge_photo(photo_id, viewer, expected=expected)
