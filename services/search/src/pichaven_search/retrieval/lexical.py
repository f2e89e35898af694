"""Elasticsearch's queries for what a search asks. Pure; no text of a user becomes syntax."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pichaven_search.index import text_fields as elastic_texts
from pichaven_search.index.clauses import conditions
from pichaven_search.index.text_fields import EVERYWHERE, exact, words_field
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.words import Word
from pichaven_search.retrieval.fusion import NEAR, PLACES, STEM

Clause = elastic_texts.Clause

NEWEST_FIRST: Final = ({"taken_at": "desc"}, {"id": "desc"})
_ONE_EDIT: Final = 6
_TWO_EDITS: Final = 10
"""Word lengths from which spellings so far away count; shorter words mean others then."""
_MOST_SPELLINGS: Final = 1_000
"""Elasticsearch takes them from the words of all owners, the nearest first: of fewer, others'
words could take the place of one's own."""
_MOST_REMEMBERED: Final = 64
_ROUNDING: Final = 1e-6
_FEWEST_CANDIDATES: Final = 200
"""With half as many, 100,000 photos gave 0.93 of the ten nearest."""
_PHOTOS_A_CANDIDATE: Final = 800
"""With 200 candidates 300,000 photos gave 0.93 of the ten nearest, with 400 of them 0.96."""
_MOST_CANDIDATES: Final = 10_000
_MOST_OVERSAMPLED: Final = 10.0
"""Elasticsearch takes no more of either."""


def visible(owner_id: str, filters: Filters | None = None) -> list[Clause]:
    """What a photo must be to be seen by this owner at all, and what the filters ask of it."""
    clauses: list[Clause] = [{"term": {"owner_id": owner_id}}, {"term": {"searchable": True}}]
    return clauses if filters is None else clauses + conditions(filters)


def text_match(words: Sequence[Word]) -> Clause:
    """Every word somewhere; the score is `text` of domain/fusion.py, between 0 and 1."""
    return _text_match(tuple(words))


@lru_cache(_MOST_REMEMBERED)
def _text_match(words: tuple[Word, ...]) -> Clause:
    """One search asks for it up to four times."""
    share = 1 / len(words)
    return {"bool": {"must": [_anywhere(word, share) for word in words], "_name": "text"}}


def place_matches(words: Sequence[Word], least: float) -> list[Clause]:
    """A named clause for each place, true where any of the words stands.

    `least` is the lowest `text` of the photos that are looked at. From what no photo can score
    with a near spelling among its words, near spellings need not be looked for: that is most of
    the work.
    """
    best, share = max(PLACES.values()), 1 / len(words)
    near = least <= best - (best - NEAR) * share + _ROUNDING
    return [
        {
            "bool": {
                "should": [
                    clause
                    for word in words
                    for clause in (
                        *exact(word, place),
                        *([_near(word, words_field(place))] if near and _edits(word) else []),
                    )
                ],
                "_name": place,
            }
        }
        for place in PLACES
    ]


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
        for clause, factor in zip(exact(word, place), (1.0, STEM), strict=False)
    ]
    if _edits(word):
        found += [_scored(_near(word, field), NEAR * share) for field in EVERYWHERE]
    return {"dis_max": {"queries": found}}


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
