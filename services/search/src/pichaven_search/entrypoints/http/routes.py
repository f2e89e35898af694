"""The public routes of search."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.http import PublicBase
from pichaven_chassis.ids import PathId
from pichaven_chassis.pages import InvalidCursor, Limit, encode_cursor
from pichaven_chassis.problems import NotFound, Unauthorized, Unavailable, problem_responses
from pichaven_search.application.find_similar import FindSimilar
from pichaven_search.application.search_photos import SearchPhotos
from pichaven_search.application.suggest_completions import SuggestCompletions
from pichaven_search.domain.errors import InvalidFilter, QueryTooLong
from pichaven_search.domain.filters import Filters
from pichaven_search.domain.fusion import Place
from pichaven_search.domain.query import LONGEST_QUERY, Search, read_question
from pichaven_search.entrypoints.http.parameters import read_cursor, read_filters
from pichaven_search.entrypoints.http.presentation import Presentation, cursor_values
from pichaven_search.entrypoints.http.schemas import (
    CompletionOut,
    SearchOut,
    SimilarHit,
    SimilarOut,
    SuggestOut,
)

router: Final = APIRouter(tags=["search"])

Asked = Annotated[
    str,
    Query(description=f"What is looked for, at most {LONGEST_QUERY} characters; may be empty."),
]


def search_photos(request: Request) -> SearchPhotos:
    found: SearchPhotos = request.app.state.search_photos
    return found


def find_similar(request: Request) -> FindSimilar:
    found: FindSimilar = request.app.state.find_similar
    return found


def suggest_completions(request: Request) -> SuggestCompletions:
    found: SuggestCompletions = request.app.state.suggest_completions
    return found


def presentation(request: Request) -> Presentation:
    found: Presentation = request.app.state.presentation
    return found


@router.get(
    "/search",
    responses=problem_responses(
        InvalidCursor, Unauthorized, QueryTooLong, InvalidFilter, Unavailable
    ),
)
async def search(
    user: CurrentUser,
    base_url: PublicBase,
    narrowed: Annotated[Filters, Depends(read_filters)],
    after: Annotated[Place | None, Depends(read_cursor)],
    search_photos: Annotated[SearchPhotos, Depends(search_photos)],
    presentation: Annotated[Presentation, Depends(presentation)],
    q: Asked = "",
    limit: Limit = 50,
) -> SearchOut:
    """Own photos by words and by what they show, the likeliest first; without `q` the newest.

    A query reaches a bounded number of photos (the best by words and the nearest by sight);
    without one, or with filters alone, every photo can be reached.
    """
    asked = Search(user.user_id, read_question(q), narrowed, after, limit)
    found = await search_photos(asked)
    cursor = encode_cursor(cursor_values(found.following)) if found.following else None
    return presentation.found(found, base_url, cursor)


@router.get(
    "/search/suggest",
    responses=problem_responses(Unauthorized, QueryTooLong, Unavailable),
)
async def suggest(
    user: CurrentUser,
    suggest_completions: Annotated[SuggestCompletions, Depends(suggest_completions)],
    q: Asked = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SuggestOut:
    """Completions from the own library: tags, places, cameras, months, caption words, files."""
    found = await suggest_completions(q, owner_id=user.user_id, limit=limit)
    return SuggestOut(
        items=[
            CompletionOut(text=each.text, kind=each.kind.value, count=each.count) for each in found
        ]
    )


@router.get(
    "/photos/{photo_id}/similar",
    responses=problem_responses(Unauthorized, NotFound, Unavailable),
)
async def similar(
    photo_id: PathId,
    user: CurrentUser,
    base_url: PublicBase,
    find_similar: Annotated[FindSimilar, Depends(find_similar)],
    presentation: Annotated[Presentation, Depends(presentation)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SimilarOut:
    """The own photos that look most like this one, the likest first."""
    found = await find_similar(photo_id, owner_id=user.user_id, limit=limit)
    return SimilarOut(
        items=[
            SimilarHit(photo=presentation.photo(each.photo, base_url), score=round(each.cosine, 4))
            for each in found.likenesses
        ],
        model=found.model,
        reason=found.reason,
    )
