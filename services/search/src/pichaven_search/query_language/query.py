"""The text of a search query."""

from dataclasses import dataclass
from typing import Final

from pichaven_search.query_language.errors import QueryTooLong
from pichaven_search.query_language.tokenizer import printable
from pichaven_search.query_language.words import Word, query_words

MAX_QUERY_LENGTH: Final = 500
"""Characters; a longer query is refused."""
MAX_QUERY_WORDS: Final = 16
"""Distinct words of the lexical side; the vector side reads the whole text."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A part of a query's text, `[start, end)` in the query as typed.

    The text is empty where a filter was cut out.
    """

    text: str
    start: int
    end: int
    is_free: bool
    """Whether it is neither quoted nor an operator."""


@dataclass(frozen=True, slots=True)
class TextQuery:
    """The text to search for, on one line, and its words.

    `spans` are empty where every word is literal.
    """

    text: str
    words: tuple[Word, ...]
    spans: tuple[TextSpan, ...] = ()


def parse_text_query(text: str) -> TextQuery | None:
    """Return the query of a text, None where it is blank. Raises `QueryTooLong`."""
    if len(text) > MAX_QUERY_LENGTH:
        raise QueryTooLong(f"A query has at most {MAX_QUERY_LENGTH} characters.")
    line = " ".join(printable(text).split())
    return TextQuery(line, tuple(query_words(line, limit=MAX_QUERY_WORDS))) if line else None
