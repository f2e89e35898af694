"""The route of suggestions."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from pichaven_chassis.problems import Unauthorized, Unavailable, problem_responses
from pichaven_search.audience import CurrentAudience
from pichaven_search.container import Injected
from pichaven_search.query_language.errors import QueryTooLong
from pichaven_search.query_language.parameters import QueryText
from pichaven_search.suggest.schemas import Completion, Suggestions

router: Final = APIRouter(tags=["search"])


@router.get("/search/suggest", responses=problem_responses(Unauthorized, QueryTooLong, Unavailable))
async def suggest(
    audience: CurrentAudience,
    container: Injected,
    q: QueryText = "",
    limit: Annotated[
        int, Query(ge=1, le=50, description="Suggestions at most.", examples=[10])
    ] = 10,
) -> Suggestions:
    """Suggest own past searches, tags, places, cameras, months, caption words and file names."""
    completions = await container.suggest_completions(q, audience=audience, limit=limit)
    return Suggestions(
        items=[
            Completion(text=each.text, kind=each.kind.value, count=each.count)
            for each in completions
        ]
    )
