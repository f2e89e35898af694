"""Keywords of a picture, from whichever block they are."""

from collections.abc import Iterable
from typing import Final

_MOST_KEYWORDS: Final = 50
_LONGEST_KEYWORD: Final = 100


def distinct_keywords(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words without repetition, whatever their case; the first spelling stays."""
    by_folded: dict[str, str] = {}
    for word in words:
        text = " ".join(word.split())[:_LONGEST_KEYWORD]
        by_folded.setdefault(text.casefold(), text)
    return tuple(by_folded.values())[:_MOST_KEYWORDS]
