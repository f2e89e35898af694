"""All completions of one user as a sorted array: compact, and searched in microseconds."""

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from pichaven_search.index.completion_entries import KEYS, Kind, display_text, prefix
from pichaven_search.suggest.model import Completion

_MAX_SCANNED: Final = 10_000
"""Entries with the prefix of the text that are compared by their counts."""
_MAX_FUZZY_SCANNED: Final = 500
_MIN_FUZZY_LENGTH: Final = 4


class CompletionTable:
    """Entries of completion_entries.py with their counts, in the order of their UTF-8 bytes."""

    def __init__(self, entries: Iterable[tuple[str, int]] = ()) -> None:
        """`entries` are sorted, as Elasticsearch returns terms."""
        joined = bytearray()
        self._ends = array("I", [0])
        self._counts = array("I")
        for entry, count in entries:
            joined += entry.encode()
            self._ends.append(len(joined))
            self._counts.append(count)
        self._joined = bytes(joined)

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def size(self) -> int:
        """About the bytes in memory."""
        return len(self._joined) + 4 * (len(self._ends) + len(self._counts)) + 500

    def find_starting(self, kind: Kind, typed: str, limit: int) -> list[Completion]:
        """Return the most frequent completions of the text."""
        start = prefix(kind, typed)
        return self._most_frequent(kind, self._range(start), limit) if start else []

    def find_nearly_starting(self, kind: Kind, typed: str, limit: int) -> list[Completion]:
        """Return the completions of a text with one typing error after its second letter."""
        start = prefix(kind, typed)
        if start is None or len(start) < len(KEYS[kind]) + 1 + _MIN_FUZZY_LENGTH:
            return []
        scanned = self._range(start[: len(KEYS[kind]) + 3])[:_MAX_FUZZY_SCANNED]
        near = [at for at in scanned if _is_one_edit_away(start, self._entry(at))]
        return self._most_frequent(kind, near, limit)

    def _most_frequent(self, kind: Kind, positions: Iterable[int], limit: int) -> list[Completion]:
        # A name has an entry for each of its words, so more entries are taken than names.
        best = heapq.nlargest(limit * 4, positions, key=self._counts.__getitem__)
        counts: dict[str, int] = {}
        for at in best:
            counts.setdefault(display_text(self._entry(at)), self._counts[at])
        return [Completion(text, kind, count) for text, count in list(counts.items())[:limit]]

    def _range(self, start: str) -> range:
        raw = start.encode()
        everything = range(len(self))
        first = bisect_left(everything, raw, key=self._raw)
        # No byte of UTF-8 is 255.
        last = bisect_left(everything, raw + b"\xff", lo=first, key=self._raw)
        return range(first, min(last, first + _MAX_SCANNED))

    def _raw(self, at: int) -> bytes:
        return self._joined[self._ends[at] : self._ends[at + 1]]

    def _entry(self, at: int) -> str:
        return self._raw(at).decode()


def _is_one_edit_away(typed: str, entry: str) -> bool:
    """Whether the entry starts with the text after one edit or transposition of it."""
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
