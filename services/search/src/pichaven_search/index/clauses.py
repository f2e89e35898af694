"""Elasticsearch's clauses on photos: whose, narrowed by what, near which vector.

Pure; no text of a user becomes syntax.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pichaven_search.audience import Audience
from pichaven_search.colours import near_cells
from pichaven_search.index.text_fields import Clause, phrase, stands
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.periods import FIRST_YEAR, LAST_YEAR

_CALLED: Final = {
    "camera": "camera_folded.words",
    "lens": "lens_folded.words",
    "place": "places_folded.words",
}
NEWEST_FIRST: Final = ({"taken_at": "desc"}, {"id": "desc"})
_FEWEST_CANDIDATES: Final = 200
"""With half as many, 100,000 photos gave 0.93 of the ten nearest."""
_PHOTOS_A_CANDIDATE: Final = 800
"""With 200 candidates 300,000 photos gave 0.93 of the ten nearest, with 400 of them 0.96."""
_MOST_CANDIDATES: Final = 10_000
_MOST_OVERSAMPLED: Final = 10.0
"""Elasticsearch takes no more of either."""


def visible(audience: Audience, filters: Filters | None = None) -> list[Clause]:
    """Match the photos that an audience may find, and that the filters match."""
    owners = audience.owner_ids
    is_owned: Clause = (
        {"term": {"owner_id": owners[0]}}
        if len(owners) == 1
        else {"terms": {"owner_id": list(owners)}}
    )
    clauses = [is_owned, {"term": {"searchable": True}}]
    return clauses if filters is None else clauses + conditions(filters)


def conditions(filters: Filters) -> list[Clause]:
    """Clauses that all must hold."""
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
        {"match_phrase": {_CALLED[each.field]: each.words}} for each in filters.name_matches
    ]
    if filters.favorite is not None:
        clauses.append({"term": {"favorite": filters.favorite}})
    rating = {"gte": filters.min_rating, "lte": filters.max_rating}
    if bounds := {side: stars for side, stars in rating.items() if stars is not None}:
        clauses.append({"range": {"rating": bounds}})
    clauses += _colours(filters.colors)
    clauses += map(stands, filters.words)
    clauses += map(phrase, filters.phrases)
    for each in filters.all_of:
        clauses += conditions(each)
    if filters.any_of:
        options = [_together(each) for each in filters.any_of]
        clauses.append({"bool": {"should": options, "minimum_should_match": 1}})
    if filters.none_of:
        clauses.append({"bool": {"must_not": [_together(each) for each in filters.none_of]}})
    return clauses


def nearest(vector: Sequence[float], allowed: list[Clause], count: int, among: int) -> Clause:
    """The nearest by the full vectors, of candidates that the index, which holds a byte a
    dimension, finds in a walk. The more photos there are, the closer they lie, and the longer
    both have to be for the same share of the true ones."""
    return {
        "field": "embedding",
        "query_vector": list(vector),
        "k": count,
        "num_candidates": min(
            _MOST_CANDIDATES, max(count, _FEWEST_CANDIDATES, among // _PHOTOS_A_CANDIDATE)
        ),
        "filter": allowed,
        "rescore_vector": {
            "oversample": min(_MOST_OVERSAMPLED, max(1.0, _FEWEST_CANDIDATES / count))
        },
    }


def cosine(score: float) -> float:
    """Elasticsearch's score of a cosine similarity, turned back."""
    return 2 * score - 1


def _together(filters: Filters) -> Clause:
    return {"bool": {"filter": conditions(filters)}}


def _times(filters: Filters) -> list[Clause]:
    clauses: list[Clause] = []
    if filters.since or filters.before:
        clauses.append({"range": {"taken_at": _range(gte=filters.since, lt=filters.before)}})
    if filters.month is not None:
        years = range(FIRST_YEAR, LAST_YEAR + 1)
        months: list[Any] = [f"{year}-{filters.month:02}" for year in years]
        clauses.append({"terms": {"month": months}})
    return clauses


def _range(*, gte: datetime | None, lt: datetime | None) -> dict[str, str]:
    bounds = {"gte": gte, "lt": lt}
    return {name: moment.isoformat() for name, moment in bounds.items() if moment}


def _colours(colours: Sequence[str]) -> list[Clause]:
    """All of them: a name as the photo's own names have it, `#rrggbb` by the cells near it."""
    return [
        {"terms": {"color_cells": list(near_cells(colour))}}
        if colour.startswith("#")
        else {"term": {"colors": colour}}
        for colour in colours
    ]
