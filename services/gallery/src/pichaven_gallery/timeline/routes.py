"""`/timeline`: months and their photos."""

from typing import Annotated

from fastapi import APIRouter, Path

from pichaven_chassis.http import PublicBase
from pichaven_chassis.pagination import InvalidCursor, Limit, TimeCursor
from pichaven_chassis.problems import Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.parameters import Cursor
from pichaven_gallery.photos.schemas import CompactPhotoPage
from pichaven_gallery.timeline.counts import InvalidMonth
from pichaven_gallery.timeline.schemas import Timeline

router = APIRouter(prefix="/timeline", tags=["timeline"])


@router.get("", responses=problem_responses(Unauthorized))
async def show_timeline(viewer: ReadingViewer, container: Injected) -> Timeline:
    """How many photos each month has (UTC), the latest first."""
    return Timeline.from_counts(await container.get_timeline(viewer))


@router.get("/{month}", responses=problem_responses(Unauthorized, InvalidMonth, InvalidCursor))
async def show_month(
    month: Annotated[str, Path(examples=["2026-06"])],
    viewer: ReadingViewer,
    container: Injected,
    base_url: PublicBase,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CompactPhotoPage:
    """A month's photos as a grid needs them, the latest first."""
    kind = f"month.{month}"
    photos, last = await container.list_month(
        viewer, month, limit=limit, after=TimeCursor.decode(cursor, kind)
    )
    presenter = container.presenter(viewer, base_url)
    return CompactPhotoPage(
        items=[presenter.compact(to_changed_event(photo)) for photo in photos],
        next_cursor=last.encode(kind) if last else None,
    )
