"""All completions of one owner, sorted, in little memory, and found in microseconds."""

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from pichaven_search.index.completion_entries import KEYS, Kind, prefix, shown
from pichaven_search.suggest.model import Completion

_LOOKED_AT: Final = 10_000
"""Of the entries that start as typed, the first so many compete by their counts."""
_MENDED: Final = 500
_SHORTEST_MENDED: Final = 4


class CompletionTable:
    """Entries as in `completions.py` with their counts, in the order of their UTF-8 bytes."""

    def __init__(self, counted: Iterable[tuple[str, int]] = ()) -> None:
        """`counted` is sorted already, as an index hands its terms out."""
        joined = bytearray()
        self._ends = array("I", [0])
        self._counts = array("I")
        for entry, count in counted:
            joined += entry.encode()
            self._ends.append(len(joined))
            self._counts.append(count)
        self._joined = bytes(joined)

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return len(self._joined) + 4 * (len(self._ends) + len(self._counts)) + 500

    def starting(self, kind: Kind, typed: str, most: int) -> list[Completion]:
        """The most frequent completions of the text."""
        start = prefix(kind, typed)
        return self._best(kind, self._range(start), most) if start else []

    def nearly_starting(self, kind: Kind, typed: str, most: int) -> list[Completion]:
        """Completions of a text with one typing error behind its second letter."""
        start = prefix(kind, typed)
        if start is None or len(start) < len(KEYS[kind]) + 1 + _SHORTEST_MENDED:
            return []
        begun = start[: len(KEYS[kind]) + 3]
        near = [at for at in self._range(begun)[:_MENDED] if _one_slip(start, self._entry(at))]
        return self._best(kind, near, most)

    def _best(self, kind: Kind, places: Iterable[int], most: int) -> list[Completion]:
        # An entry may stand here once for each of its words: more are taken than are asked for.
        best = heapq.nlargest(most * 4, places, key=self._counts.__getitem__)
        counts: dict[str, int] = {}
        for at in best:
            counts.setdefault(shown(self._entry(at)), self._counts[at])
        return [Completion(text, kind, count) for text, count in list(counts.items())[:most]]

    def _range(self, start: str) -> range:
        raw = start.encode()
        everything = range(len(self))
        first = bisect_left(everything, raw, key=self._raw)
        # No byte of UTF-8 is 255.
        last = bisect_left(everything, raw + b"\xff", lo=first, key=self._raw)
        return range(first, min(last, first + _LOOKED_AT))

    def _raw(self, at: int) -> bytes:
        return self._joined[self._ends[at] : self._ends[at + 1]]

    def _entry(self, at: int) -> str:
        return self._raw(at).decode()


def _one_slip(typed: str, entry: str) -> bool:
    """Whether the entry starts with the text once one letter is mended."""
    at = next(
        (at for at, (one, other) in enumerate(zip(typed, entry, strict=False)) if one != other),
        min(len(typed), len(entry)),
    )
    if at == len(typed):
        return True
    swapped = typed[at + 1 : at + 2] + typed[at]
    return (
        entry.startswith(typed[at + 1 :], at + 1)
        or entry.startswith(typed[at + 1 :], at)
        or entry.startswith(typed[at:], at + 1)
        or (len(swapped) > 1 and entry.startswith(swapped + typed[at + 2 :], at))
    )
