"""Elasticsearch's queries for what a search asks. Pure; no text of a user becomes syntax."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pichaven_search.adapters.elastic_colours import colour_clauses
from pichaven_search.application.ports import Sight
from pichaven_search.domain.filters import Filters
from pichaven_search.domain.fusion import NEAR, PLACES, STEM
from pichaven_search.domain.words import Word

Clause = dict[str, Any]

_ONE_EDIT: Final = 6
_TWO_EDITS: Final = 10
"""Word lengths from which spellings so far away count; shorter words mean others then."""
_MOST_SPELLINGS: Final = 25


def visible(owner_id: str, filters: Filters | None = None) -> list[Clause]:
    """What a photo must be to be seen by this owner at all, and what the filters ask of it."""
    clauses: list[Clause] = [{"term": {"owner_id": owner_id}}, {"term": {"searchable": True}}]
    if filters is None:
        return clauses
    if filters.since or filters.before:
        clauses.append({"range": {"taken_at": _range(gte=filters.since, lt=filters.before)}})
    if filters.near:
        center = {"lat": filters.near.lat, "lon": filters.near.lon}
        clauses.append({"geo_distance": {"distance": f"{filters.near.km}km", "location": center}})
    if filters.box:
        box = filters.box
        corners = {"top": box.north, "left": box.west, "bottom": box.south, "right": box.east}
        clauses.append({"geo_bounding_box": {"location": corners}})
    clauses += [{"term": {"tags_folded": tag}} for tag in filters.tags]
    if filters.cameras:
        clauses.append({"terms": {"camera_folded": list(filters.cameras)}})
    if filters.favorite is not None:
        clauses.append({"term": {"favorite": filters.favorite}})
    if filters.least_rating is not None:
        clauses.append({"range": {"rating": {"gte": filters.least_rating}}})
    clauses += colour_clauses(filters.colors)
    return clauses


def text_match(words: Sequence[Word]) -> Clause:
    """Every word somewhere; the score is `text` of domain/fusion.py, between 0 and 1."""
    share = 1 / len(words)
    return {"bool": {"must": [_anywhere(word, share) for word in words], "_name": "text"}}


def place_matches(words: Sequence[Word]) -> list[Clause]:
    """A named clause for each place, true where any of the words stands."""
    return [
        {
            "bool": {
                "should": [
                    clause
                    for word in words
                    for clause in (
                        *_exact(word, place),
                        *([_near(word, f"words.{place}")] if _edits(word) else []),
                    )
                ],
                "_name": place,
            }
        }
        for place in PLACES
    ]


def visual_match(sight: Sight, allowed: list[Clause], candidates: int) -> Clause:
    """The nearest above the model's threshold, by their exact vectors."""
    return {
        "knn": nearest(sight.vector, allowed, candidates)
        | {"similarity": sight.calibration.floor, "_name": "visual"}
    }


def nearest(vector: Sequence[float], allowed: list[Clause], count: int) -> Clause:
    return {
        "field": "embedding",
        "query_vector": list(vector),
        "k": count,
        "num_candidates": max(count, 100),
        "filter": allowed,
        # The index holds vectors at a byte a dimension; the order is by the full ones.
        "rescore_vector": {"oversample": 1.0},
    }


def cosine(score: float) -> float:
    """Elasticsearch's score of a cosine similarity, turned back."""
    return 2 * score - 1


def facets() -> Clause:
    return {
        "tags": {"terms": {"field": "tags", "size": 30}},
        "cameras": {"terms": {"field": "camera", "size": 20}},
        "months": {"terms": {"field": "month", "size": 240, "order": {"_key": "desc"}}},
        "types": {"terms": {"field": "content_type", "size": 20}},
        "colors": {"terms": {"field": "colors", "size": 12}},
        "cities": {"terms": {"field": "city", "size": 30}},
        "regions": {"terms": {"field": "region", "size": 30}},
        "countries": {"terms": {"field": "country", "size": 30}},
        "orientations": {"terms": {"field": "orientation", "size": 3}},
    }


def _anywhere(word: Word, share: float) -> Clause:
    found = [
        _scored(clause, weight * factor * share)
        for place, weight in PLACES.items()
        for clause, factor in zip(_exact(word, place), (1.0, STEM), strict=False)
    ]
    if _edits(word):
        found.append(_scored(_near(word, "words.all"), NEAR * share))
    return {"dis_max": {"queries": found}}


def _exact(word: Word, place: str) -> list[Clause]:
    clauses: list[Clause] = [{"term": {f"words.{place}": word.folded}}]
    if word.stems:
        clauses.append({"terms": {f"stems.{place}": sorted(word.stems)}})
    return clauses


def _near(word: Word, field: str) -> Clause:
    return {
        "fuzzy": {
            field: {
                "value": word.folded,
                "fuzziness": _edits(word),
                "prefix_length": 1,
                "max_expansions": _MOST_SPELLINGS,
            }
        }
    }


def _edits(word: Word) -> int:
    if not word.is_plain or len(word.folded) < _ONE_EDIT:
        return 0
    return 2 if len(word.folded) >= _TWO_EDITS else 1


def _scored(clause: Clause, weight: float) -> Clause:
    return {"constant_score": {"filter": clause, "boost": round(weight, 7)}}


def _range(*, gte: datetime | None, lt: datetime | None) -> dict[str, str]:
    bounds = {"gte": gte, "lt": lt}
    return {name: moment.isoformat() for name, moment in bounds.items() if moment}
