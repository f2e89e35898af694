"""`/events`: the event stream of the user's library."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from pichaven_chassis.auth import Reader, authenticator_of
from pichaven_chassis.http import PublicBase
from pichaven_chassis.problems import TooManyRequests, Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer
from pichaven_gallery.activity.sse import parse_last_event_id, write_stream
from pichaven_gallery.container import Injected

_EXAMPLE: Final = """\
retry: 2000

id: 1781424235120.019ec528-9348-7b1c-9d42-6f0e8a5b3c11
event: stream.opened
data: {"at":"2026-06-14T08:03:55.120000+00:00"}

"""

router = APIRouter(tags=["events"])


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses=problem_responses(Unauthorized, TooManyRequests)
    | {
        200: {
            "content": {
                "text/event-stream": {"schema": {"type": "string", "examples": [_EXAMPLE]}}
            },
            "description": "`photo.changed`, `photo.purged`, `photo.progress`, `upload.failed`; "
            "`stream.opened` once all missed changes are sent; `library.stale` when too much "
            "was missed and lists must be read again.",
        }
    },
)
async def stream_events(
    request: Request,
    viewer: ReadingViewer,
    user: Reader,
    container: Injected,
    base_url: PublicBase,
    last_event_id: Annotated[
        str | None,
        Header(
            description="The `id` of the last event that arrived; what changed since is sent.",
            max_length=200,
            examples=["1781424235120.019ec528-9348-7b1c-9d42-6f0e8a5b3c11"],
        ),
    ] = None,
) -> StreamingResponse:
    """Library changes, steps of photos in processing and failed uploads, as they happen.

    `Last-Event-ID` resumes: every photo that changed since is sent, perhaps once more; steps and
    failed uploads are not. The stream ends when the access token expires; reconnect with a new one.
    It ends within seconds of its session, and with its API key.
    """
    items = container.stream_changes(
        viewer,
        last=parse_last_event_id(last_event_id),
        until=user.expires_at,
        on_end=partial(authenticator_of(request.app).on_end, user),
    )
    return StreamingResponse(
        write_stream(items, container.presenter(viewer, base_url)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
