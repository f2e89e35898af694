"""An index of photos, and which one is searched."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pichaven_chassis.problems import Unavailable


@dataclass(frozen=True, slots=True)
class Index:
    """One index: of one schema and one embedding model."""

    name: str
    model: str
    dimensions: int
    state: Literal["building", "complete"]
    schema: int
    replaced: str | None = None
    """The index that was searched before this one: the way back."""


class SearchedIndex(Protocol):
    """Which index is searched."""

    async def searched(self) -> Index | None:
        """The index that searches read; None before the setup has run. A few seconds old."""
        ...


class IndexGone(Unavailable):
    """The index was deleted after it was looked up: whoever looks again knows better."""

    def __init__(self, name: str) -> None:
        super().__init__("The index has just been replaced. Try again.")
        self.name = name


class SnapshotGone(Exception):
    """A snapshot has run out, or never was."""


async def searched_index(indexes: SearchedIndex) -> Index:
    """The index to search. Raises `Unavailable` before the setup has made one."""
    index = await indexes.searched()
    if index is None:
        raise Unavailable("Search is being set up. Try again in a moment.")
    return index
