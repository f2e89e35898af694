"""The text of a picture, made of recognised lines."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

READER: Final = "rapidocr/PP-OCRv6-small/1920"
"""Names the models and their preprocessing, and changes with them."""
LEAST_CERTAIN: Final = 0.8
"""Measured: lines below are noise more often than text (docs/adr/0016)."""
LONGEST_TEXT: Final = 20_000
_FEWEST_CHARACTERS: Final = 2
"""Letters and digits of a line: a single one is more often a wheel, a button or a window."""


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised line and its certainty from 0 to 1."""

    text: str
    certainty: float


class TextUnreadable(Exception):
    """Raised when the text of a picture cannot be read; the message says why."""


class TextReader(Protocol):
    """Recognise the lines in an encoded picture."""

    async def __call__(self, picture: bytes) -> Sequence[Line]:
        """Return the lines from top to bottom within a bounded time.

        Raises `TextUnreadable`, and `EngineDown` where no picture is to blame.
        """
        ...


def join_lines(lines: Iterable[Line]) -> str:
    """Join the certain lines by newlines, at most `LONGEST_TEXT` characters.

    The text ends before the first line that does not fit.
    """
    texts: list[str] = []
    room = LONGEST_TEXT
    for line in lines:
        text = _clean(line.text)
        if line.certainty < LEAST_CERTAIN or not _is_text(text):
            continue
        if len(text) > room:
            break
        texts.append(text)
        room -= len(text) + 1
    return "\n".join(texts)


def _clean(text: str) -> str:
    """Return the text composed (NFC), without control characters, with single spaces."""
    composed = unicodedata.normalize("NFC", text)
    visible = (
        " " if unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn") else each for each in composed
    )
    return " ".join("".join(visible).split())


def _is_text(text: str) -> bool:
    characters = [each for each in text if each.isalnum()]
    return len(characters) >= _FEWEST_CHARACTERS or any(map(_is_ideograph, characters))


def _is_ideograph(character: str) -> bool:
    """A single ideograph is a word."""
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"
