"""The routes of the owner's past searches."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from pichaven_chassis.auth import Reader, Writer
from pichaven_chassis.ids import PathId, is_id
from pichaven_chassis.pagination import InvalidCursor, Limit, Page, decode_cursor, encode_cursor
from pichaven_chassis.problems import NotFound, Unauthorized, problem_responses
from pichaven_search.container import Injected
from pichaven_search.history.model import PointInHistory
from pichaven_search.history.schemas import HistorySettings, PastSearch

router: Final = APIRouter(prefix="/search/history", tags=["search"])

_LATEST_MS: Final = 253_402_300_799_999


async def read_point(
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> PointInHistory | None:
    """Where the page before ended. Raises `InvalidCursor`."""
    values = decode_cursor(cursor)
    if values is None:
        return None
    at, search_id = values.get("t"), values.get("i")
    if (
        not isinstance(at, int)
        or isinstance(at, bool)
        or abs(at) > _LATEST_MS
        or not isinstance(search_id, str)
        or not is_id(search_id)
    ):
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.")
    return PointInHistory(at, search_id)


@router.get("", responses=problem_responses(InvalidCursor, Unauthorized))
async def list_history(
    user: Reader,
    container: Injected,
    after: Annotated[PointInHistory | None, Depends(read_point)],
    limit: Limit = 50,
) -> Page[PastSearch]:
    """Own past searches, the newest first; one asked again moves up."""
    found, following = await container.keep_history.page(user.user_id, after=after, limit=limit)
    return Page(
        items=[
            PastSearch(id=each.id, q=each.text, count=each.count, last_at=each.last_at)
            for each in found
        ],
        next_cursor=encode_cursor({"t": following.last_ms, "i": following.id})
        if following
        else None,
    )


@router.delete("", status_code=204, responses=problem_responses(Unauthorized))
async def clear_history(user: Writer, container: Injected) -> None:
    """Forget every own past search."""
    await container.keep_history.clear(user.user_id)


@router.get("/settings", responses=problem_responses(Unauthorized))
async def read_history_settings(user: Reader, container: Injected) -> HistorySettings:
    """Whether own searches are kept; they are unless switched off."""
    return HistorySettings(enabled=await container.keep_history.enabled(user.user_id))


@router.put("/settings", responses=problem_responses(Unauthorized))
async def write_history_settings(
    body: HistorySettings, user: Writer, container: Injected
) -> HistorySettings:
    """Off stops keeping searches; those already kept stay until they are deleted."""
    await container.keep_history.enable(user.user_id, enabled=body.enabled)
    return body


@router.delete("/{search_id}", status_code=204, responses=problem_responses(Unauthorized, NotFound))
async def forget_search(search_id: PathId, user: Writer, container: Injected) -> None:
    """Forget one of the own past searches."""
    await container.keep_history.remove(user.user_id, search_id)
