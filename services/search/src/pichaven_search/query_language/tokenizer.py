"""How a typed query falls apart: words, quoted phrases, `field:value`, and what is struck out.

Nothing that can be typed is an error. An unclosed quote, an unknown field, a lone minus are
signs in a text. Every token knows where it stands, so that cutting it out leaves all others as
they are: a token begins after a blank or a closed quote, and reads nothing to its left.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)
"""Characters that nobody sees; they separate words as blanks do."""

_CLOSERS: Final = {'"': '"\u201c\u201d', "\u201c": '\u201d"', "\u201e": '\u201c\u201d"', "«": "»"}
_COLONS: Final = ":\uff1a"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the value without field, minus and quotes; `[start, end)` has all of them."""

    start: int
    end: int
    text: str
    field: str | None = None
    """In lower case; None for words of the text itself."""
    quoted: bool = False
    negated: bool = False

    @property
    def is_word(self) -> bool:
        """A run of characters as it was typed, to be read with its neighbours."""
        return self.field is None and not self.quoted and not self.negated


def visible(text: str) -> str:
    """The same length, with a blank for what cannot be seen and a `?` for what is no text."""
    return UNSEEN.sub(" ", text.encode("utf-8", "replace").decode("utf-8"))


def tokens(text: str, fields: Collection[str]) -> list[Token]:
    """The tokens of a visible text from left to right."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at, fields)
        found.append(token)
        at = token.end
    return found


def _token(text: str, start: int, fields: Collection[str]) -> Token:
    at = start
    after = text[at + 1 : at + 2]
    negated = text[at] == "-" and after not in {"", "-"} and not after.isspace()
    if negated:
        at += 1
    quoted = _quoted(text, at)
    if quoted is not None:
        return Token(start, quoted, text[at + 1 : quoted - 1], quoted=True, negated=negated)
    end = _run(text, at)
    colon = next((where for where in range(at, end) if text[where] in _COLONS), end)
    field = text[at:colon].lower()
    if colon < end and field in fields:
        quoted = _quoted(text, colon + 1)
        if quoted is not None:
            return Token(start, quoted, text[colon + 2 : quoted - 1], field, True, negated)
        value = text[colon + 1 : end].strip("".join(_CLOSERS))
        return Token(start, end, value, field, negated=negated)
    if negated and not any(char.isalnum() for char in text[at:end]):
        at, negated = start, False
    return Token(start, end, text[at:end], negated=negated)


def _quoted(text: str, at: int) -> int | None:
    """Where a quote that opens at `at` is over; None where none opens or it stays open."""
    closers = _CLOSERS.get(text[at]) if at < len(text) else None
    if closers is None:
        return None
    ends = [end for closer in closers if (end := text.find(closer, at + 1)) >= 0]
    return min(ends) + 1 if ends else None


def _run(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at
