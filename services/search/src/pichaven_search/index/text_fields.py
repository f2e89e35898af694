"""Where words are kept in the index, and clauses on them. No text of a user becomes syntax."""

from collections.abc import Sequence
from typing import Any, Final

from pichaven_search.query_language.words import Word

Clause = dict[str, Any]

TEXT_FIELDS: Final = ("caption", "tags", "tags_ai", "place", "camera", "ocr", "filename")
_APART: Final = {"ocr": "seen"}
"""Places that the analysis writes, beside the library's own object of them."""
LIBRARY_PLACES: Final = tuple(place for place in TEXT_FIELDS if place not in _APART)
EVERYWHERE: Final = ("words.all", *(f"words_{name}" for name in _APART.values()))
"""The fewest fields that have the words of all places."""


def words_field(place: str) -> str:
    return f"words_{_APART[place]}" if place in _APART else f"words.{place}"


def stems_field(place: str) -> str:
    return f"stems_{_APART[place]}" if place in _APART else f"stems.{place}"


def exact(word: Word, place: str) -> list[Clause]:
    """The word as it is, then by its stems if it has any."""
    clauses: list[Clause] = [{"term": {words_field(place): word.folded}}]
    if word.stems:
        clauses.append({"terms": {stems_field(place): sorted(word.stems)}})
    return clauses


def stands(word: Word) -> Clause:
    """The word, or one with its stem, is in some place."""
    asked: list[Clause] = [{"term": {field: word.folded}} for field in EVERYWHERE]
    if word.stems:
        asked += [{"terms": {stems_field(place): sorted(word.stems)}} for place in TEXT_FIELDS]
    return {"bool": {"should": asked}}


def phrase(words: Sequence[str]) -> Clause:
    """Folded words next to each other, in order, within one place."""
    text = " ".join(words)
    return {
        "bool": {"should": [{"match_phrase": {words_field(place): text}} for place in TEXT_FIELDS]}
    }
