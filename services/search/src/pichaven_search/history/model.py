"""Past searches of an owner, one per wording."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pichaven_chassis.ids import derived_id
from pichaven_search.query_language.words import fold

MAX_PAST_SEARCHES: Final = 300
"""Of an owner; beyond it the least recent ones are deleted."""


@dataclass(frozen=True, slots=True)
class PastSearch:
    """A search made `count` times, in the wording of the last time."""

    id: str
    text: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """One or several searches of an owner for the same, to be added to the history."""

    owner_id: str
    text: str
    at: datetime
    times: int = 1
    replaces: tuple[str, ...] = ()
    """Ids of searches that were only the beginning of this one."""

    @property
    def search_id(self) -> str:
        return past_search_id(self.owner_id, self.text)

    def merge(self, earlier: "SearchRecord | None") -> "SearchRecord":
        """Return the sum of this and an earlier record of the same search."""
        if earlier is None:
            return self
        return replace(
            self,
            times=self.times + earlier.times,
            replaces=earlier.replaces + self.replaces,
        )


def normalise_search(text: str) -> str:
    """Return a form equal for wordings that differ in case, accents and blanks alone."""
    return " ".join(fold(text).split())


def past_search_id(owner_id: str, text: str) -> str:
    """Return the id of a past search, the same for every wording with the same normal form."""
    return derived_id("past-search", owner_id, normalise_search(text))


def merge_records(records: Iterable[SearchRecord]) -> dict[str, SearchRecord]:
    """Return the records by search id, without those that are empty when normalised."""
    merged: dict[str, SearchRecord] = {}
    for record in records:
        if normalise_search(record.text):
            merged[record.search_id] = record.merge(merged.get(record.search_id))
    return merged
