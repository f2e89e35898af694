"""Elasticsearch clauses on photos: audience, filters, nearest embeddings.

No text of a query becomes syntax.
"""

from collections.abc import Sequence
from typing import Any, Final

from pichaven_search.audience import Audience
from pichaven_search.colours import near_cells
from pichaven_search.index.text_fields import Clause, phrase_clause, word_clause
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.periods import FIRST_YEAR, LAST_YEAR

_NAME_FIELDS: Final = {
    "camera": "camera_folded.words",
    "lens": "lens_folded.words",
    "place": "places_folded.words",
}
NEWEST_FIRST: Final = ({"taken_at": "desc"}, {"id": "desc"})
_MIN_CANDIDATES: Final = 200
"""With half as many, recall@10 among 100,000 photos was 0.93."""
_PHOTOS_PER_CANDIDATE: Final = 800
"""Among 300,000 photos recall@10 was 0.93 with 200 candidates, 0.96 with 400."""
_MAX_CANDIDATES: Final = 10_000
_MAX_OVERSAMPLE: Final = 10.0
"""Elasticsearch accepts no more of either."""


def visible(audience: Audience, filters: Filters | None = None) -> list[Clause]:
    """Match the photos that an audience may find, and that the filters match."""
    owners = audience.owner_ids
    is_owned: Clause = (
        {"term": {"owner_id": owners[0]}}
        if len(owners) == 1
        else {"terms": {"owner_id": list(owners)}}
    )
    clauses = [is_owned, {"term": {"searchable": True}}]
    return clauses if filters is None else clauses + filter_clauses(filters)


def filter_clauses(filters: Filters) -> list[Clause]:
    """Return clauses that all must match."""
    clauses: list[Clause] = _times(filters)
    if filters.near:
        center = {"lat": filters.near.lat, "lon": filters.near.lon}
        clauses.append({"geo_distance": {"distance": f"{filters.near.km}km", "location": center}})
    if filters.box:
        box = filters.box
        corners = {"top": box.north, "left": box.west, "bottom": box.south, "right": box.east}
        clauses.append({"geo_bounding_box": {"location": corners}})
    clauses += [{"term": {"tags_folded": tag}} for tag in filters.tags]
    alternatives = {
        "camera_folded": filters.cameras,
        "places_folded": filters.places,
        "content_type": filters.types,
        "orientation": filters.orientations,
    }
    clauses += [
        {"terms": {field: list(any_of)}} for field, any_of in alternatives.items() if any_of
    ]
    clauses += [
        {"match_phrase": {_NAME_FIELDS[each.field]: each.words}} for each in filters.name_matches
    ]
    if filters.favorite is not None:
        clauses.append({"term": {"favorite": filters.favorite}})
    rating = {"gte": filters.min_rating, "lte": filters.max_rating}
    if bounds := {side: stars for side, stars in rating.items() if stars is not None}:
        clauses.append({"range": {"rating": bounds}})
    clauses += _colours(filters.colors)
    clauses += map(word_clause, filters.words)
    clauses += map(phrase_clause, filters.phrases)
    for each in filters.all_of:
        clauses += filter_clauses(each)
    if filters.any_of:
        options = [_all_of(each) for each in filters.any_of]
        clauses.append({"bool": {"should": options, "minimum_should_match": 1}})
    if filters.none_of:
        clauses.append({"bool": {"must_not": [_all_of(each) for each in filters.none_of]}})
    return clauses


def knn_clause(
    vector: Sequence[float], allowed: list[Clause], count: int, library_size: int
) -> Clause:
    """Return a kNN search for the `count` nearest photos, rescored by the full vectors.

    The graph has a byte per dimension. The larger the library, the more candidates it takes for
    the same recall.
    """
    return {
        "field": "embedding",
        "query_vector": list(vector),
        "k": count,
        "num_candidates": min(
            _MAX_CANDIDATES, max(count, _MIN_CANDIDATES, library_size // _PHOTOS_PER_CANDIDATE)
        ),
        "filter": allowed,
        "rescore_vector": {"oversample": min(_MAX_OVERSAMPLE, max(1.0, _MIN_CANDIDATES / count))},
    }


def to_cosine(score: float) -> float:
    """Return the cosine of Elasticsearch's score `(1 + cosine) / 2`."""
    return 2 * score - 1


def _all_of(filters: Filters) -> Clause:
    return {"bool": {"filter": filter_clauses(filters)}}


def _times(filters: Filters) -> list[Clause]:
    clauses: list[Clause] = []
    bounds = {"gte": filters.since, "lt": filters.before}
    instants = {side: at.isoformat() for side, at in bounds.items() if at and at.tzinfo}
    wall_times = {side: at.isoformat() for side, at in bounds.items() if at and not at.tzinfo}
    if instants:
        clauses.append({"range": {"taken_at": instants}})
    if wall_times:
        clauses.append(_wall_times(wall_times))
    if filters.month is not None:
        years = range(FIRST_YEAR, LAST_YEAR + 1)
        months: list[Any] = [f"{year}-{filters.month:02}" for year in years]
        clauses.append({"terms": {"month": months}})
    return clauses


def _wall_times(bounds: dict[str, str]) -> Clause:
    """Match by the wall time; by the instant in an index of an earlier schema, which has none."""
    older = {
        "filter": [{"range": {"taken_at": bounds}}],
        "must_not": [{"exists": {"field": "taken_at_local"}}],
    }
    return {
        "bool": {
            "should": [{"range": {"taken_at_local": bounds}}, {"bool": older}],
            "minimum_should_match": 1,
        }
    }


def _colours(colours: Sequence[str]) -> list[Clause]:
    """Match photos with all of the colours: a name, or `#rrggbb` by the cells near it."""
    return [
        {"terms": {"color_cells": list(near_cells(colour))}}
        if colour.startswith("#")
        else {"term": {"colors": colour}}
        for colour in colours
    ]
