"""A search as it is asked."""

from dataclasses import dataclass
from typing import Final

from pichaven_search.query_language.errors import QueryTooLong
from pichaven_search.query_language.tokenizer import visible
from pichaven_search.query_language.words import Word, asked_words

LONGEST_QUERY: Final = 500
"""Characters; a longer query is refused, as it was not typed to find a photo."""
MOST_WORDS: Final = 16
"""Distinct words that are looked up; the visual side reads the whole query."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a question's text, `[start, end)` in the query as it was given.

    One without text stands for what was cut out there.
    """

    text: str
    start: int
    end: int
    is_free: bool
    """A run of characters as it was typed, neither quoted nor marked."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for in words; `text` is what a person would read, on one line.

    Its `pieces` are told where words may mean more than themselves.
    """

    text: str
    words: tuple[Word, ...]
    pieces: tuple[Piece, ...] = ()


def read_question(text: str) -> Question | None:
    """None when there is nothing to look for. Raises `QueryTooLong`."""
    if len(text) > LONGEST_QUERY:
        raise QueryTooLong(f"A query has at most {LONGEST_QUERY} characters.")
    line = " ".join(visible(text).split())
    found = tuple(asked_words(line, most=MOST_WORDS))
    return Question(line, found) if line else None
