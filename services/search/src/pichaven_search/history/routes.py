"""Routes of the search history."""

from typing import Final

from fastapi import APIRouter

from pichaven_chassis.auth import Reader, Writer
from pichaven_chassis.ids import PathId
from pichaven_chassis.pagination import Cursor, InvalidCursor, Limit, Page, TimeCursor
from pichaven_chassis.problems import NotFound, Unauthorized, problem_responses
from pichaven_search.container import Injected
from pichaven_search.history.schemas import HistorySettings, PastSearch

router: Final = APIRouter(prefix="/search/history", tags=["search"])


@router.get("", responses=problem_responses(InvalidCursor, Unauthorized))
async def list_history(
    user: Reader,
    container: Injected,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[PastSearch]:
    """Own past searches, the newest first; a repeated search moves up."""
    searches, next_cursor = await container.search_history.list(
        user.user_id, after=TimeCursor.decode(cursor), limit=limit
    )
    return Page(
        items=[
            PastSearch(id=search.id, q=search.text, count=search.count, last_at=search.last_at)
            for search in searches
        ],
        next_cursor=next_cursor.encode() if next_cursor else None,
    )


@router.delete("", status_code=204, responses=problem_responses(Unauthorized))
async def clear_history(user: Writer, container: Injected) -> None:
    """Delete every own past search."""
    await container.search_history.clear(user.user_id)


@router.get("/settings", responses=problem_responses(Unauthorized))
async def read_history_settings(user: Reader, container: Injected) -> HistorySettings:
    """Whether own searches are recorded; they are unless switched off."""
    return HistorySettings(enabled=await container.search_history.is_enabled(user.user_id))


@router.put("/settings", responses=problem_responses(Unauthorized))
async def write_history_settings(
    body: HistorySettings, user: Writer, container: Injected
) -> HistorySettings:
    """Switch the recording of searches on or off; existing ones stay until they are deleted."""
    await container.search_history.set_enabled(user.user_id, enabled=body.enabled)
    return body


@router.delete("/{search_id}", status_code=204, responses=problem_responses(Unauthorized, NotFound))
async def forget_search(search_id: PathId, user: Writer, container: Injected) -> None:
    """Delete one of the own past searches."""
    await container.search_history.delete(user.user_id, search_id)
