"""Stream items as Server-Sent Events."""

import json
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pichaven_gallery.activity.channel_hub import (
    Message,
    PhotoPurge,
    PhotoUpdate,
    StepUpdate,
    UploadFailure,
)
from pichaven_gallery.activity.stream import (
    Heartbeat,
    LibraryStale,
    Snapshot,
    StreamItem,
    StreamOpened,
)
from pichaven_gallery.photos.presenter import PhotoPresenter

_RETRY_MS: Final = 2_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT_ID: Final = re.compile(r"(\d{1,15})\..{0,64}")


def parse_last_event_id(header: str | None) -> datetime | None:
    """Return the time of the client's last event, None for a client without one.

    An id that is none of these stands for a time before all changes, so that the client is told
    to read its lists again.
    """
    if not header:
        return None
    match = _EVENT_ID.fullmatch(header)
    try:
        return _EPOCH + timedelta(milliseconds=int(match[1])) if match else _EPOCH
    except OverflowError:
        return _EPOCH


async def write_stream(
    items: AsyncGenerator[StreamItem], presenter: PhotoPresenter
) -> AsyncGenerator[bytes]:
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        async for item in items:
            yield _write(item, presenter)
    finally:
        await items.aclose()


def _write(item: StreamItem, presenter: PhotoPresenter) -> bytes:
    """Return one item's bytes. Only changes carry an id, as only they can be resumed."""
    match item:
        case Heartbeat():
            return b": still here\n\n"
        case StreamOpened(at):
            return _event("stream.opened", {"at": at.isoformat()}, _event_id(at, ""))
        case LibraryStale(at):
            return _event("library.stale", {"at": at.isoformat()}, _event_id(at, ""))
        case Snapshot(message):
            return _write_message(message, presenter, with_id=False)
        case _:
            return _write_message(item, presenter, with_id=True)


def _write_message(message: Message, presenter: PhotoPresenter, *, with_id: bool) -> bytes:
    match message:
        case PhotoUpdate(photo):
            data = {
                "photo_id": photo.photo_id,
                "id": photo.photo_id,
                "version": photo.version,
                "status": photo.status,
                "trashed": photo.trashed,
                "photo": presenter.compact(photo).model_dump(mode="json"),
            }
            event_id = _event_id(photo.occurred_at, photo.photo_id) if with_id else None
            return _event("photo.changed", data, event_id)
        case PhotoPurge(photo_id, at):
            event_id = _event_id(at, photo_id) if with_id else None
            return _event("photo.purged", {"photo_id": photo_id, "id": photo_id}, event_id)
        case StepUpdate(progress, service):
            data = {
                "photo_id": progress.photo_id,
                "service": service,
                "step": progress.step,
                "state": progress.state.value,
                "percent": progress.percent,
                "message": progress.message,
                "at": progress.occurred_at.isoformat(),
            }
            return _event("photo.progress", data)
        case UploadFailure(event):
            data = event.model_dump(
                include={"upload_id", "photo_id", "filename", "code", "message"}
            )
            return _event("upload.failed", data | {"at": event.occurred_at.isoformat()})


def _event_id(at: datetime, photo_id: str) -> str:
    return f"{(at - _EPOCH) // timedelta(milliseconds=1)}.{photo_id}"


def _event(name: str, data: dict[str, Any], event_id: str | None = None) -> bytes:
    id_line = f"id: {event_id}\n" if event_id else ""
    # JSON escapes line ends, so one data line is always enough.
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{id_line}event: {name}\ndata: {body}\n\n".encode()
