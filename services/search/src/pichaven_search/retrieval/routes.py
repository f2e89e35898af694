"""The route of searches."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from pichaven_chassis.auth import Reader
from pichaven_chassis.http import PublicBase
from pichaven_chassis.pagination import InvalidCursor, Limit
from pichaven_chassis.problems import Unauthorized, Unavailable, problem_responses
from pichaven_search.container import Injected
from pichaven_search.query_language.errors import InvalidFilter, QueryTooLong
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import Asked, Zone, read_filters
from pichaven_search.query_language.query_parser import Understood, understand, with_places
from pichaven_search.retrieval.cursor import Bookmark
from pichaven_search.retrieval.cursor_codec import read_cursor
from pichaven_search.retrieval.model import Search
from pichaven_search.retrieval.presentation import search_page
from pichaven_search.retrieval.schemas import SearchPage

router: Final = APIRouter(tags=["search"])


async def read_understood(
    container: Injected,
    zone: Zone,
    q: Asked = "",
    literal: Annotated[bool, Query(description="Take all of `q` as plain words.")] = False,
) -> Understood:
    """Raises `QueryTooLong`."""
    return understand(q, now=container.clock(), zone=zone, literal=literal)


@router.get(
    "/search",
    response_model=SearchPage,
    responses=problem_responses(
        InvalidCursor, Unauthorized, QueryTooLong, InvalidFilter, Unavailable
    ),
)
async def search(
    user: Reader,
    base_url: PublicBase,
    narrowed: Annotated[Filters, Depends(read_filters)],
    understood: Annotated[Understood, Depends(read_understood)],
    after: Annotated[Bookmark | None, Depends(read_cursor)],
    container: Injected,
    q: Asked = "",
    limit: Limit = 50,
) -> Response:
    """Own photos by words and by what they show, the likeliest first; without `q` the newest.

    `understood` says which parts of `q` were read as more than words. Pages end where the
    answers end. By sight a query reaches a bounded number, the nearest.
    """
    filters = narrowed.also(understood.filters)
    asked = Search(user.user_id, understood.question, filters, after, limit)
    found = await container.search_photos(asked)
    if after is None:
        container.record_search(user.user_id, q)
    parts = with_places(q, understood.parts, found.places)
    return search_page(found, parts, container.presentation, base_url)
