"""Query parameters of lists: cursors, times, filters."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from pichaven_chassis.problems import FieldError, InvalidRequest
from pichaven_gallery.photos.edits import fold_tag
from pichaven_gallery.photos.listing import Filters
from pichaven_gallery.photos.photo import Status

_TICK: Final = timedelta(milliseconds=1)

Cursor = Annotated[str | None, Query(max_length=4096, description="`next_cursor` of a page.")]
Moment = Annotated[str | None, Query(max_length=40, description="A date or a time, RFC 3339.")]


def parse_moment(text: str | None, *, name: str, end: bool) -> datetime | None:
    """Return a time, in UTC if it has no zone; for a date its first or, with `end`, last moment.

    Raises `InvalidRequest`.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-21"):
            day = datetime.combine(date.fromisoformat(text), time(), UTC)
            return day + timedelta(days=1) - _TICK if end else day
        # A plus sign that was not escaped arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError):
        message = "is a date like 2026-11-21 or a time like 2026-11-21T08:30:00Z"
        raise InvalidRequest(
            f"`{name}` {message}.", errors=[FieldError(path=f"query.{name}", message=message)]
        ) from None


async def filters(
    favorite: bool | None = None,
    tag: Annotated[str | None, Query(max_length=64)] = None,
    status: Status | None = None,
    from_: Annotated[Moment, Query(alias="from")] = None,
    to: Moment = None,
) -> Filters:
    """FastAPI dependency: a list's filters. `from` and `to` bound `taken_at`, both inclusive."""
    return Filters(
        favorite=favorite,
        tag=fold_tag(tag) if tag else None,
        status=status,
        taken_from=parse_moment(from_, name="from", end=False),
        taken_until=parse_moment(to, name="to", end=True),
    )


FiltersQuery = Annotated[Filters, Depends(filters)]
