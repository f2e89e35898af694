"""What an owner has searched for, each wording once."""

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class PointInHistory:
    """Searches older than this come on the next page."""

    last_ms: int
    id: str


@dataclass(frozen=True, slots=True)
class Searched:
    """That an owner searched for something, once or several times."""

    owner_id: str
    text: str
    at: datetime
    times: int = 1
    instead_of: tuple[str, ...] = ()
    """Ids of searches that were only the beginning of this one."""

    def after(self, earlier: "Searched | None") -> "Searched":
        """Both as one, where the same owner asked the same before."""
        if earlier is None:
            return self
        return replace(
            self,
            times=self.times + earlier.times,
            instead_of=earlier.instead_of + self.instead_of,
        )
