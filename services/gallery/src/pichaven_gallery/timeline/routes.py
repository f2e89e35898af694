"""`/timeline`: months and their photos."""

from typing import Annotated

from fastapi import APIRouter, Path

from pichaven_chassis.http import PublicBase
from pichaven_chassis.pagination import Cursor, InvalidCursor, Limit, TimeCursor
from pichaven_chassis.problems import InvalidRequest, Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer, WritingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.schemas import CompactPhotoPage
from pichaven_gallery.timeline.counts import InvalidMonth
from pichaven_gallery.timeline.schemas import Timeline, TimelineSettings

router = APIRouter(prefix="/timeline", tags=["timeline"])


@router.get("", responses=problem_responses(Unauthorized))
async def show_timeline(viewer: ReadingViewer, container: Injected) -> Timeline:
    """How many photos were taken in each month of the calendar on the spot, the latest first."""
    return Timeline.from_counts(await container.get_timeline(viewer))


@router.get("/settings", responses=problem_responses(Unauthorized))
async def show_settings(viewer: ReadingViewer, container: Injected) -> TimelineSettings:
    """The owner's home zone."""
    return TimelineSettings(home_zone=await container.get_home_zone(viewer))


@router.put("/settings", responses=problem_responses(Unauthorized, InvalidRequest))
async def change_settings(
    settings: TimelineSettings, viewer: WritingViewer, container: Injected
) -> TimelineSettings:
    """Set the home zone. Photos whose offset it is are dated anew within moments."""
    await container.set_home_zone(viewer, settings.home_zone)
    return settings


@router.get("/{month}", responses=problem_responses(Unauthorized, InvalidMonth, InvalidCursor))
async def show_month(
    month: Annotated[str, Path(examples=["2026-06"])],
    viewer: ReadingViewer,
    container: Injected,
    base_url: PublicBase,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CompactPhotoPage:
    """A month's photos as a grid needs them, the latest wall time first."""
    kind = f"month.{month}"
    photos, last = await container.list_month(
        viewer, month, limit=limit, after=TimeCursor.decode(cursor, kind)
    )
    presenter = container.presenter(viewer, base_url)
    return CompactPhotoPage(
        items=[presenter.compact(to_changed_event(photo)) for photo in photos],
        next_cursor=last.encode(kind) if last else None,
    )
