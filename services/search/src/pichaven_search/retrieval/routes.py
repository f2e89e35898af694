"""The public routes of search."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.http import PublicBase, from_state
from pichaven_chassis.ids import PathId
from pichaven_chassis.pages import InvalidCursor, Limit
from pichaven_chassis.problems import NotFound, Unauthorized, Unavailable, problem_responses
from pichaven_search.history.commands import RecordSearch
from pichaven_search.photos.presentation import Presentation
from pichaven_search.photos.schemas import CompletionOut, SearchOut, SimilarOut, SuggestOut
from pichaven_search.query_language.asking import Asked, read_understood
from pichaven_search.query_language.errors import InvalidFilter, QueryTooLong
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import read_cursor, read_filters, write_cursor
from pichaven_search.query_language.query import Search
from pichaven_search.query_language.understanding import Understood, with_places
from pichaven_search.retrieval.fusion import Bookmark
from pichaven_search.retrieval.queries import SearchPhotos
from pichaven_search.similar.find_similar import FindSimilar
from pichaven_search.suggest.queries import SuggestCompletions

router: Final = APIRouter(tags=["search"])


@router.get(
    "/search",
    response_model=SearchOut,
    responses=problem_responses(
        InvalidCursor, Unauthorized, QueryTooLong, InvalidFilter, Unavailable
    ),
)
async def search(
    user: CurrentUser,
    base_url: PublicBase,
    narrowed: Annotated[Filters, Depends(read_filters)],
    understood: Annotated[Understood, Depends(read_understood)],
    after: Annotated[Bookmark | None, Depends(read_cursor)],
    search_photos: Annotated[SearchPhotos, from_state("search_photos")],
    record_search: Annotated[RecordSearch, from_state("record_search")],
    presentation: Annotated[Presentation, from_state("presentation")],
    q: Asked = "",
    limit: Limit = 50,
) -> Response:
    """Own photos by words and by what they show, the likeliest first; without `q` the newest.

    `understood` says which parts of `q` were read as more than words. Pages end where the
    answers end. By sight a query reaches a bounded number, the nearest.
    """
    filters = narrowed.also(understood.filters)
    asked = Search(user.user_id, understood.question, filters, after, limit)
    found = await search_photos(asked)
    if after is None:
        record_search(user.user_id, q)
    parts = with_places(q, understood.parts, found.places)
    return presentation.found(found, parts, base_url, write_cursor(found.following))


@router.get(
    "/search/suggest",
    responses=problem_responses(Unauthorized, QueryTooLong, Unavailable),
)
async def suggest(
    user: CurrentUser,
    suggest_completions: Annotated[SuggestCompletions, from_state("suggest_completions")],
    q: Asked = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SuggestOut:
    """Own past searches, tags, places, cameras, months, caption words and files that go on so."""
    found = await suggest_completions(q, owner_id=user.user_id, limit=limit)
    return SuggestOut(
        items=[
            CompletionOut(text=each.text, kind=each.kind.value, count=each.count) for each in found
        ]
    )


@router.get(
    "/photos/{photo_id}/similar",
    response_model=SimilarOut,
    responses=problem_responses(Unauthorized, NotFound, Unavailable),
)
async def similar(
    photo_id: PathId,
    user: CurrentUser,
    base_url: PublicBase,
    find_similar: Annotated[FindSimilar, from_state("find_similar")],
    presentation: Annotated[Presentation, from_state("presentation")],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The own photos that look most like this one, the likest first."""
    found = await find_similar(photo_id, owner_id=user.user_id, limit=limit)
    return presentation.similar(found, base_url)
