"""An index of photos, and which one is searched."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from pichaven_chassis.problems import Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Index:
    """An index of one schema and one embedding model."""

    name: str
    model: str
    dimensions: int
    state: Literal["building", "complete"]
    schema: int
    replaced: str | None = None
    """The index that was searched before this one; a rollback returns to it."""


class SearchedIndex(Protocol):
    """Looks up the index that is searched."""

    async def get_searched(self) -> Index | None:
        """Return the index of some seconds ago at most; None before the setup has run."""
        ...

    def forget_searched(self) -> None:
        """Look the index up anew at the next call, after it was deleted."""
        ...


class IndexGone(Unavailable):
    """Raised when the index was deleted after it was looked up; look it up again."""

    def __init__(self, name: str) -> None:
        super().__init__("The index has just been replaced. Try again.")
        self.name = name


class PointInTimeExpired(Exception):
    """Raised when a point in time has expired, or its id is none."""


async def with_current_index(indexes: SearchedIndex, work: Callable[[Index], Awaitable[T]]) -> T:
    """Return the result of `work` on the searched index.

    Retries once where the index was replaced and deleted after it was looked up. Raises
    `Unavailable` before the setup has created an index, `IndexGone` where the retry fails too.
    """
    try:
        return await work(await _searched_index(indexes))
    except IndexGone:
        indexes.forget_searched()
        return await work(await _searched_index(indexes))


async def _searched_index(indexes: SearchedIndex) -> Index:
    index = await indexes.get_searched()
    if index is None:
        raise Unavailable("Search is being set up. Try again in a moment.")
    return index
