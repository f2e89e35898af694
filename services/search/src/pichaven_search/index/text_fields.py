"""The text fields of the index, and clauses on them. No text of a query becomes syntax."""

from collections.abc import Sequence
from typing import Any, Final

from pichaven_search.query_language.words import Word

Clause = dict[str, Any]

TEXT_FIELDS: Final = ("caption", "tags", "tags_ai", "place", "camera", "ocr", "filename")
_SEPARATE: Final = {"ocr": "seen"}
"""Fields apart from the library's, by the names that indexes of every schema have for them."""
LIBRARY_TEXT_FIELDS: Final = tuple(field for field in TEXT_FIELDS if field not in _SEPARATE)
ALL_WORDS_FIELDS: Final = ("words.all", *(f"words_{name}" for name in _SEPARATE.values()))
"""The fewest index fields that have the words of all text fields."""


def words_field(field: str) -> str:
    return f"words_{_SEPARATE[field]}" if field in _SEPARATE else f"words.{field}"


def stems_field(field: str) -> str:
    return f"stems_{_SEPARATE[field]}" if field in _SEPARATE else f"stems.{field}"


def exact_clauses(word: Word, field: str) -> list[Clause]:
    """Return clauses for the word as it is, then for its stems if it has any."""
    clauses: list[Clause] = [{"term": {words_field(field): word.term}}]
    if word.stems:
        clauses.append({"terms": {stems_field(field): sorted(word.stems)}})
    return clauses


def word_clause(word: Word) -> Clause:
    """Match the word, or one with its stem, in any text field."""
    options: list[Clause] = [{"term": {field: word.term}} for field in ALL_WORDS_FIELDS]
    if word.stems:
        options += [{"terms": {stems_field(field): sorted(word.stems)}} for field in TEXT_FIELDS]
    return {"bool": {"should": options}}


def phrase_clause(words: Sequence[str]) -> Clause:
    """Match folded words next to each other, in order, in one text field."""
    text = " ".join(words)
    return {
        "bool": {"should": [{"match_phrase": {words_field(field): text}} for field in TEXT_FIELDS]}
    }
