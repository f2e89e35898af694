"""`/timeline`: months and their photos."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status

from pichaven_chassis.etags import NOT_MODIFIED, etag, not_modified
from pichaven_chassis.http import PublicBase
from pichaven_chassis.pagination import Cursor, InvalidCursor, Limit, TimeCursor
from pichaven_chassis.parameters import InvalidDate, read_day
from pichaven_chassis.problems import InvalidRequest, Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer, WritingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.photos.schemas import CompactPhotoPage
from pichaven_gallery.timeline.counts import InvalidMonth
from pichaven_gallery.timeline.schemas import OnThisDay, Timeline, TimelineSettings, YearOfDay

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


@router.get(
    "/on-this-day",
    response_model=OnThisDay,
    responses=problem_responses(Unauthorized, InvalidDate, InvalidCursor) | NOT_MODIFIED,
)
async def show_on_this_day(
    viewer: ReadingViewer,
    request: Request,
    container: Injected,
    base_url: PublicBase,
    day: Annotated[
        str | None,
        Query(
            alias="date",
            description="The client's day; by default today in the owner's home zone.",
            examples=["2026-11-29"],
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The photos of this month and day in earlier years, by the wall time where they were taken.

    Those of 29 February are also among those of 28 February, in a year that has no 29th.
    """
    today = (
        read_day("date", day) if day is not None else await container.list_on_this_day.today(viewer)
    )
    kind = f"day.{today}"
    page = await container.list_on_this_day(
        viewer, today, limit=limit, after=TimeCursor.decode(cursor, kind)
    )
    presenter = container.presenter(viewer, base_url)
    years = [
        YearOfDay(
            year=year.number,
            photos=[presenter.compact(to_changed_event(photo)) for photo in year.photos],
        )
        for year in page.years
    ]
    next_cursor = page.next_page.encode(kind) if page.next_page else None
    body = OnThisDay(date=today, items=years, next_cursor=next_cursor).model_dump_json()
    tag = etag(hashlib.sha256(body.encode()).hexdigest()[:16])
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@router.get("/{month}", responses=problem_responses(Unauthorized, InvalidMonth, InvalidCursor))
async def show_month(
    month: Annotated[
        str,
        Path(
            description="Of the wall time, `YYYY-MM`.",
            examples=["2026-06"],
            # Refused with a code of its own.
            json_schema_extra={"pattern": "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])$"},
        ),
    ],
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
