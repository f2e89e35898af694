"""What routes are given, and how lists are asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from pichaven_chassis.http import PublicBase, from_state
from pichaven_chassis.ids import is_id
from pichaven_chassis.pages import InvalidCursor, decode_cursor, encode_cursor
from pichaven_chassis.problems import FieldError, InvalidRequest
from pichaven_gallery.activity.stream import StreamChanges
from pichaven_gallery.photos.commands import (
    BatchPhotos,
    ChangePhoto,
    EmptyTrash,
    ReprocessPhoto,
)
from pichaven_gallery.photos.edits import fold_tag
from pichaven_gallery.photos.listing import Filters, Position
from pichaven_gallery.photos.photo import EARLIEST, LATEST, Status
from pichaven_gallery.photos.presenter import Showing
from pichaven_gallery.photos.queries import (
    ListPhotos,
    ListTrash,
    ShowMonth,
    ShowPhoto,
    ShowTimeline,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class UseCases:
    """All that the gallery does for its users."""

    show: ShowPhoto
    list_photos: ListPhotos
    list_trash: ListTrash
    timeline: ShowTimeline
    month: ShowMonth
    change: ChangePhoto
    batch: BatchPhotos
    empty_trash: EmptyTrash
    reprocess: ReprocessPhoto
    stream: StreamChanges


async def showing(request: Request, base_url: PublicBase) -> Showing:
    made: Showing = request.app.state.showing
    return made.at(base_url)


Cases = Annotated[UseCases, from_state("use_cases")]
Shown = Annotated[Showing, Depends(showing)]
Cursor = Annotated[str | None, Query(max_length=4096, description="`next_cursor` of a page.")]
Moment = Annotated[str | None, Query(max_length=40, description="A date or a time, RFC 3339.")]


def cursor_of(position: Position | None, kind: str) -> str | None:
    """`kind` names the list, so that a cursor works on no other."""
    if position is None:
        return None
    at = (position.at - _EPOCH) // _TICK
    return encode_cursor({"k": kind, "t": at, "i": position.photo_id})


def position_of(cursor: str | None, kind: str) -> Position | None:
    """Raises `InvalidCursor`."""
    found = decode_cursor(cursor)
    if found is None:
        return None
    at, photo_id = found.get("t"), found.get("i")
    if found.get("k") != kind or type(at) is not int or not isinstance(photo_id, str):
        raise InvalidCursor("The cursor belongs to another list.")
    try:
        moment = _EPOCH + at * _TICK
    except OverflowError:
        raise InvalidCursor("The cursor is damaged.") from None
    if not is_id(photo_id) or not EARLIEST <= moment <= LATEST:
        raise InvalidCursor("The cursor is damaged.")
    return Position(moment, photo_id)


def moment_of(text: str | None, *, name: str, end: bool) -> datetime | None:
    """A time as sent, in UTC where it says no zone; a date is its first or its last moment."""
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
    """What a list is narrowed to; `from` and `to` speak of `taken_at`, both inside."""
    return Filters(
        favorite=favorite,
        tag=fold_tag(tag) if tag else None,
        status=status,
        taken_from=moment_of(from_, name="from", end=False),
        taken_until=moment_of(to, name="to", end=True),
    )


Filtered = Annotated[Filters, Depends(filters)]
