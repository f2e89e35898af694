"""What is written in a picture: from lines that were read to one text."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

LEAST_CERTAIN: Final = 0.8
"""Lines below are noise more often than text; measured, see docs/adr/0016-text-in-pictures.md."""
LONGEST_TEXT: Final = 20_000
_FEWEST: Final = 2
"""Letters and digits of a line: a lone one is a wheel, a button or a window far more often."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was read, with the reader's certainty from 0 to 1."""

    text: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of looking for text. `text` is None unless it was looked for; "" is none there."""

    state: Literal["done", "unavailable", "off"]
    text: str | None = None


OFF: Final = Reading("off")
UNAVAILABLE: Final = Reading("unavailable")


def as_text(lines: Iterable[Line]) -> str:
    """The certain lines in their order, one below the other, at most `LONGEST_TEXT` characters.

    A line that does not fit ends the text; nothing is cut within a line.
    """
    kept: list[str] = []
    room = LONGEST_TEXT
    for line in lines:
        text = _clean(line.text)
        if line.certainty < LEAST_CERTAIN or not _says_something(text):
            continue
        if len(text) > room:
            break
        kept.append(text)
        room -= len(text) + 1
    return "\n".join(kept)


def _clean(text: str) -> str:
    """Composed, without control characters, with single spaces."""
    composed = unicodedata.normalize("NFC", text)
    visible = (
        " " if unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn") else each for each in composed
    )
    return " ".join("".join(visible).split())


def _says_something(text: str) -> bool:
    told = [each for each in text if each.isalnum()]
    return len(told) >= _FEWEST or any(_is_ideograph(each) for each in told)


def _is_ideograph(character: str) -> bool:
    """A single one is a word already."""
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"
