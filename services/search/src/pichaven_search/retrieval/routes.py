"""The route of searches."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from pichaven_chassis.http import PublicBase
from pichaven_chassis.pagination import InvalidCursor, Limit
from pichaven_chassis.parameters import InvalidDate, UnknownName, names_query, read_names
from pichaven_chassis.problems import Unauthorized, Unavailable, problem_responses
from pichaven_search.audience import CurrentAudience
from pichaven_search.container import Injected
from pichaven_search.photos.parameters import Variants
from pichaven_search.query_language.errors import InvalidFilter, QueryTooLong
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.parameters import QueryText, Zone, read_filters
from pichaven_search.query_language.query_parser import ParsedQuery, add_geo_places, parse_query
from pichaven_search.retrieval.cursor import SearchCursor
from pichaven_search.retrieval.cursor_codec import read_cursor
from pichaven_search.retrieval.facets import FACET_NAMES
from pichaven_search.retrieval.model import Search
from pichaven_search.retrieval.presentation import search_page
from pichaven_search.retrieval.schemas import SearchPage

router: Final = APIRouter(tags=["search"])

FacetNames = Annotated[
    str | None,
    names_query(
        FACET_NAMES,
        description=f"What is counted with the first page: names of {', '.join(FACET_NAMES)},"
        " separated by commas. Nothing by default.",
        example="tags,months",
    ),
]


async def read_query(
    container: Injected,
    zone: Zone,
    q: QueryText = "",
    literal: Annotated[
        bool, Query(description="Take all of `q` as plain words.", examples=[False])
    ] = False,
) -> ParsedQuery:
    """FastAPI dependency: the parsed query of the request. Raises `QueryTooLong`."""
    return parse_query(q, now=container.clock(), zone=zone, literal=literal)


@router.get(
    "/search",
    response_model=SearchPage,
    responses=problem_responses(
        InvalidCursor,
        UnknownName,
        Unauthorized,
        QueryTooLong,
        InvalidDate,
        InvalidFilter,
        Unavailable,
    ),
)
async def search(
    audience: CurrentAudience,
    base_url: PublicBase,
    filters: Annotated[Filters, Depends(read_filters)],
    parsed: Annotated[ParsedQuery, Depends(read_query)],
    cursor: Annotated[SearchCursor | None, Depends(read_cursor)],
    variants: Variants,
    container: Injected,
    q: QueryText = "",
    facets: FacetNames = None,
    limit: Limit = 50,
) -> Response:
    """Search own photos by words and by what they show, the best first; without `q` the newest.

    `understood` has the parts of `q` that are more than plain words. The list ends at the
    relevance cutoff of the query; of photos found by their picture alone it has a bounded
    number, the nearest.
    """
    facet_names = read_names("facets", facets, FACET_NAMES) or ()
    result = await container.search_photos(
        Search(audience, parsed.query, filters & parsed.filters, cursor, limit, facet_names)
    )
    if cursor is None:
        container.record_search(audience.user_id, q)
    parts = add_geo_places(q, parsed.parts, result.geo_places)
    return search_page(result, parts, container.presenter, base_url, audience, variants)
