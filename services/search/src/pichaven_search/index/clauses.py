"""Elasticsearch's clauses for what narrows a search. Pure; no text of a user becomes syntax."""

from datetime import datetime
from typing import Any, Final

from pichaven_search.index.colour_clauses import colour_clauses
from pichaven_search.index.text_fields import Clause, phrase, stands
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.periods import FIRST_YEAR, LAST_YEAR

_CALLED: Final = {
    "camera": "camera_folded.words",
    "lens": "lens_folded.words",
    "place": "places_folded.words",
}


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
    clauses += [{"match_phrase": {_CALLED[each.what]: each.words}} for each in filters.called]
    if filters.favorite is not None:
        clauses.append({"term": {"favorite": filters.favorite}})
    rating = {"gte": filters.least_rating, "lte": filters.most_rating}
    if bounds := {side: stars for side, stars in rating.items() if stars is not None}:
        clauses.append({"range": {"rating": bounds}})
    clauses += colour_clauses(filters.colors)
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
