"""The lexical side of a search as Elasticsearch clauses. No text of a query becomes syntax."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pichaven_search.index.text_fields import ALL_WORDS_FIELDS, Clause, exact_clauses, words_field
from pichaven_search.query_language.words import Word
from pichaven_search.retrieval.fusion import FIELD_WEIGHTS, FUZZY_WEIGHT, STEM_FACTOR

LEXICAL_SCORE: Final = "text"
"""The name of the clause whose score is the lexical score."""
_MIN_LENGTH_ONE_EDIT: Final = 6
_MIN_LENGTH_TWO_EDITS: Final = 10
"""Word lengths from which that many edits match; shorter words would match other words."""
_MAX_EXPANSIONS: Final = 1_000
"""Elasticsearch expands a fuzzy term to the nearest terms of all owners: with fewer, terms of
other owners could displace those of the user."""
_CACHE_SIZE: Final = 64
_ROUNDING: Final = 1e-6


def lexical_query(words: Sequence[Word]) -> Clause:
    """Require every word in some text field; the score is the lexical score of fusion.py."""
    return _lexical_query(tuple(words))


@lru_cache(_CACHE_SIZE)
def _lexical_query(words: tuple[Word, ...]) -> Clause:
    # Cached, since one search uses it up to four times.
    share = 1 / len(words)
    return {"bool": {"must": [_any_field(word, share) for word in words]}}


def named_lexical_query(words: Sequence[Word]) -> Clause:
    """Return the lexical query under the name `LEXICAL_SCORE`, for a search that sums scores.

    Elasticsearch evaluates a named clause once more for every hit.
    """
    return {"bool": {"must": lexical_query(words), "_name": LEXICAL_SCORE}}


def matched_field_clauses(words: Sequence[Word], min_score: float) -> list[Clause]:
    """Return a named clause for each text field, which matches where any of the words occurs.

    `min_score` is the lowest lexical score of the photos of the page. Above the highest score
    that a photo with one fuzzy match can have, fuzzy clauses, the most expensive, are left out.
    """
    best, share = max(FIELD_WEIGHTS.values()), 1 / len(words)
    is_fuzzy = min_score <= best - (best - FUZZY_WEIGHT) * share + _ROUNDING
    return [
        {
            "bool": {
                "should": [
                    clause
                    for word in words
                    for clause in (
                        *exact_clauses(word, field),
                        *(
                            [_fuzzy(word, words_field(field))]
                            if is_fuzzy and _max_edits(word)
                            else []
                        ),
                    )
                ],
                "_name": field,
            }
        }
        for field in FIELD_WEIGHTS
    ]


def _any_field(word: Word, share: float) -> Clause:
    options = [
        _constant_score(clause, weight * factor * share)
        for field, weight in FIELD_WEIGHTS.items()
        for clause, factor in zip(exact_clauses(word, field), (1.0, STEM_FACTOR), strict=False)
    ]
    if _max_edits(word):
        options += [
            _constant_score(_fuzzy(word, field), FUZZY_WEIGHT * share) for field in ALL_WORDS_FIELDS
        ]
    return {"dis_max": {"queries": options}}


def _fuzzy(word: Word, field: str) -> Clause:
    return {
        "fuzzy": {
            field: {
                "value": word.term,
                "fuzziness": _max_edits(word),
                "prefix_length": 1,
                "max_expansions": _MAX_EXPANSIONS,
            }
        }
    }


def _max_edits(word: Word) -> int:
    if not word.is_plain or len(word.term) < _MIN_LENGTH_ONE_EDIT:
        return 0
    return 2 if len(word.term) >= _MIN_LENGTH_TWO_EDITS else 1


def _constant_score(clause: Clause, weight: float) -> Clause:
    return {"constant_score": {"filter": clause, "boost": round(weight, 7)}}
