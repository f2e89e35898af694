"""`/timeline`: months and their photos."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response, status

from pichaven_chassis.content_coding import accepts_gzip
from pichaven_chassis.etags import NOT_MODIFIED, not_modified, tagged_by_content
from pichaven_chassis.http import PublicBase
from pichaven_chassis.pagination import Cursor, InvalidCursor, Limit, TimeCursor
from pichaven_chassis.parameters import InvalidDate, read_day
from pichaven_chassis.problems import InvalidRequest, Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer, WritingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.photos.lifecycle import to_changed_event
from pichaven_gallery.timeline.counts import InvalidMonth
from pichaven_gallery.timeline.month import MonthRequest, cursor_kind
from pichaven_gallery.timeline.schemas import (
    MonthPhotos,
    OnThisDay,
    Timeline,
    TimelineSettings,
    YearOfDay,
)

_REVALIDATED: Final = {"Cache-Control": "private, no-cache"}

router = APIRouter(prefix="/timeline", tags=["timeline"])


@router.get("", response_model=Timeline, responses=problem_responses(Unauthorized) | NOT_MODIFIED)
async def show_timeline(viewer: ReadingViewer, request: Request, container: Injected) -> Response:
    """How many photos were taken in each month of the calendar on the spot, the latest first."""
    timeline = Timeline.from_state(await container.get_timeline(viewer))
    return tagged_by_content(request, timeline.model_dump_json())


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
        read_day("query.date", day)
        if day is not None
        else await container.list_on_this_day.today(viewer)
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
    body = OnThisDay(date=today, items=years, next_cursor=next_cursor)
    return tagged_by_content(request, body.model_dump_json())


@router.get(
    "/{month}",
    response_model=MonthPhotos,
    responses=problem_responses(Unauthorized, InvalidMonth, InvalidCursor) | NOT_MODIFIED,
)
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
    request: Request,
    container: Injected,
    base_url: PublicBase,
    cursor: Cursor = None,
) -> Response:
    """A month's photos in columns, as a grid needs them, the latest wall time first.

    All of them at once, or in pages of 2500. The `ETag` changes with what the response says of
    any photo of the month, and every few hours with the URLs of thumbnails.
    """
    after = TimeCursor.decode(cursor, cursor_kind(month))
    tag, body = await container.get_month(
        MonthRequest(viewer.user_id, month, base_url, after),
        lambda current: not_modified(request, current),
    )
    # Weak: one tag for both codings.
    headers = dict(_REVALIDATED) | ({"ETag": f"W/{tag}"} if tag else {})
    if body is None:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    if not body.is_gzip or not accepts_gzip(request):
        return Response(body.plain(), headers=headers, media_type="application/json")
    headers["Content-Encoding"] = "gzip"
    return Response(body.content, headers=headers, media_type="application/json")
