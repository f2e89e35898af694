"""`GET /events`: Server-Sent Events of the owner's library."""

import json
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.problems import TooManyRequests, Unauthorized, problem_responses
from pichaven_contracts.photo import PhotoChanged
from pichaven_gallery.activity.channel_hub import Changed, Progressed, Purged
from pichaven_gallery.activity.stream import (
    Item,
    Opened,
    Silence,
    Snapshot,
    Stale,
)
from pichaven_gallery.photos.parameters import Cases, Shown
from pichaven_gallery.photos.presenter import Showing

_RETRY_MS: Final = 2_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ID: Final = re.compile(r"(\d{1,15})\..{0,64}")


def router() -> APIRouter:
    made = APIRouter(tags=["events"])

    @made.get(
        "/events",
        response_class=StreamingResponse,
        responses=problem_responses(Unauthorized, TooManyRequests)
        | {
            200: {
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
                "description": "`photo.changed`, `photo.purged`, `photo.progress`; "
                "`stream.opened` once what was missed is told; `library.stale` when too much "
                "was missed and lists must be read again.",
            }
        },
    )
    async def stream_events(
        user: CurrentUser,
        cases: Cases,
        showing: Shown,
        last_event_id: Annotated[str | None, Header(max_length=200)] = None,
    ) -> StreamingResponse:
        """This owner's library changes and the steps of photos under way, as they happen.

        `Last-Event-ID` resumes: every photo that changed since is told, perhaps once more. The
        stream ends when the access token expires; come back with a new one.
        """
        items = cases.stream.open(user.user_id, last=_moment(last_event_id), until=user.expires_at)
        return StreamingResponse(
            _written(items, showing),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return made


def _moment(last_event_id: str | None) -> datetime | None:
    """When the event was that a client names last; what is no id of ours starts anew."""
    found = _ID.fullmatch(last_event_id or "")
    if found is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None


def event_id(at: datetime, photo_id: str) -> str:
    return f"{(at - _EPOCH) // timedelta(milliseconds=1)}.{photo_id}"


async def _written(items: AsyncGenerator[Item], showing: Showing) -> AsyncGenerator[bytes]:
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        async for item in items:
            yield write(item, showing)
    finally:
        await items.aclose()


def write(item: Item, showing: Showing) -> bytes:
    """One item on the wire. Only changes carry an id, since only they can be resumed."""
    match item:
        case Silence():
            return b": still here\n\n"
        case Opened(at):
            return _event("stream.opened", {"at": at.isoformat()}, event_id(at, ""))
        case Stale(at):
            return _event("library.stale", {"at": at.isoformat()}, event_id(at, ""))
        case Snapshot(news):
            return _news(news, showing, with_id=False)
        case _:
            return _news(item, showing, with_id=True)


def _news(news: Changed | Purged | Progressed, showing: Showing, *, with_id: bool) -> bytes:
    match news:
        case Changed(photo):
            found = event_id(photo.occurred_at, photo.photo_id) if with_id else None
            return _event("photo.changed", _changed(photo, showing), found)
        case Purged(photo_id, at):
            return _event(
                "photo.purged", {"id": photo_id}, event_id(at, photo_id) if with_id else None
            )
        case Progressed(told, service):
            data = {
                "photo_id": told.photo_id,
                "service": service,
                "step": told.step,
                "state": told.state.value,
                "percent": told.percent,
                "message": told.message,
                "at": told.occurred_at.isoformat(),
            }
            return _event("photo.progress", data, None)


def _changed(photo: PhotoChanged, showing: Showing) -> dict[str, Any]:
    return {
        "id": photo.photo_id,
        "version": photo.version,
        "status": photo.status,
        "trashed": photo.trashed,
        "photo": showing.compact(photo).model_dump(mode="json"),
    }


def _event(name: str, data: dict[str, Any], found: str | None) -> bytes:
    told = f"id: {found}\n" if found else ""
    # JSON keeps line ends escaped, so one data line is always enough.
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{told}event: {name}\ndata: {body}\n\n".encode()
