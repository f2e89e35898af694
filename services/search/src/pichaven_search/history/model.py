"""What an owner has searched for, each wording once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pichaven_chassis.ids import derived_id
from pichaven_search.query_language.words import fold

MOST_KEPT: Final = 300
"""Of an owner; the ones not asked for longest go first."""


@dataclass(frozen=True, slots=True)
class PastSearch:
    """`count` times asked, in the wording of the last time."""

    id: str
    text: str
    count: int
    last_at: datetime

    @property
    def last_ms(self) -> int:
        return round(self.last_at.timestamp() * 1000)


def folded_search(text: str) -> str:
    """Equal for wordings that differ in case, accents and blanks alone; signs keep meaning."""
    return " ".join(fold(text).split())


def past_search_id(owner_id: str, text: str) -> str:
    return derived_id("past-search", owner_id, folded_search(text))
