"""Split a typed query into words, quoted phrases, `field:value` operators and their negations.

No input is an error: an unclosed quote, an unknown field or a lone minus is plain text. A token
begins after a blank or a closing quote and depends on nothing to its left, so that cutting one
out leaves the others as they are.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

INVISIBLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)
"""Control and format characters; they separate words as blanks do."""

_CLOSERS: Final = {'"': '"\u201c\u201d', "\u201c": '\u201d"', "\u201e": '\u201c\u201d"', "«": "»"}
_COLONS: Final = ":\uff1a"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the value without field, minus and quotes; `[start, end)` includes them."""

    start: int
    end: int
    text: str
    field: str | None = None
    """In lower case; None for plain text."""
    quoted: bool = False
    negated: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is plain text, to be read with its neighbours."""
        return self.field is None and not self.quoted and not self.negated


def printable(text: str) -> str:
    """Replace invisible characters by blanks and lone surrogates by `?`; the length stays."""
    return INVISIBLE.sub(" ", text.encode("utf-8", "replace").decode("utf-8"))


def tokenize(text: str, fields: Collection[str]) -> list[Token]:
    """Return the tokens of a printable text from left to right."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token_at(text, at, fields)
        tokens.append(token)
        at = token.end
    return tokens


def _token_at(text: str, start: int, fields: Collection[str]) -> Token:
    at = start
    after = text[at + 1 : at + 2]
    negated = text[at] == "-" and after not in {"", "-"} and not after.isspace()
    if negated:
        at += 1
    quote_end = _quote_end(text, at)
    if quote_end is not None:
        return Token(start, quote_end, text[at + 1 : quote_end - 1], quoted=True, negated=negated)
    end = _word_end(text, at)
    colon = next((where for where in range(at, end) if text[where] in _COLONS), end)
    field = text[at:colon].lower()
    if colon < end and field in fields:
        quote_end = _quote_end(text, colon + 1)
        if quote_end is not None:
            return Token(start, quote_end, text[colon + 2 : quote_end - 1], field, True, negated)
        value = text[colon + 1 : end].strip("".join(_CLOSERS))
        return Token(start, end, value, field, negated=negated)
    if negated and not any(char.isalnum() for char in text[at:end]):
        at, negated = start, False
    return Token(start, end, text[at:end], negated=negated)


def _quote_end(text: str, at: int) -> int | None:
    """Return the end of a quote that opens at `at`; None where none opens or it is unclosed."""
    closers = _CLOSERS.get(text[at]) if at < len(text) else None
    if closers is None:
        return None
    ends = [end for closer in closers if (end := text.find(closer, at + 1)) >= 0]
    return min(ends) + 1 if ends else None


def _word_end(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at
