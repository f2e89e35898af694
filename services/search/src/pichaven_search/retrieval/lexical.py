"""The lexical side of a search as a query. Pure; no text of a user becomes syntax."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pichaven_search.index.text_fields import EVERYWHERE, Clause, exact, words_field
from pichaven_search.query_language.words import Word
from pichaven_search.retrieval.fusion import NEAR, PLACES, STEM

_ONE_EDIT: Final = 6
_TWO_EDITS: Final = 10
"""Word lengths from which spellings so far away count; shorter words mean others then."""
_MOST_SPELLINGS: Final = 1_000
"""Elasticsearch takes them from the words of all owners, the nearest first: of fewer, others'
words could take the place of one's own."""
_MOST_REMEMBERED: Final = 64
_ROUNDING: Final = 1e-6


def text_match(words: Sequence[Word]) -> Clause:
    """Every word somewhere; the score is `text` of fusion.py, between 0 and 1."""
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
