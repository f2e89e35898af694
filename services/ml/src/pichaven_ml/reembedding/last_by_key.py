"""The last number of each of very many keys, in 16 bytes each."""

import hashlib
from typing import Final

import numpy as np

_FEWEST_TO_SORT: Final = 1 << 16


class LastByKey:
    """A mapping of keys to numbers; 0 for a key that was never set.

    Keys are stored as 64-bit digests: of a hundred million, two are equal in one of 3,000 runs.
    New entries stay in a dictionary until there are enough to sort into the arrays.
    """

    def __init__(self) -> None:
        self._unsorted: dict[int, int] = {}
        self._keys = np.empty(0, dtype=np.uint64)
        self._values = np.empty(0, dtype=np.int64)

    def __setitem__(self, key: str, value: int) -> None:
        self._unsorted[_digest(key)] = value
        if len(self._unsorted) >= max(_FEWEST_TO_SORT, len(self._keys) // 8):
            self._sort()

    def __getitem__(self, key: str) -> int:
        digest = _digest(key)
        value = self._unsorted.get(digest)
        if value is not None:
            return value
        index = int(np.searchsorted(self._keys, np.uint64(digest)))
        exists = index < len(self._keys) and int(self._keys[index]) == digest
        return int(self._values[index]) if exists else 0

    def count_positive(self) -> int:
        self._sort()
        return int(np.count_nonzero(self._values > 0))

    def _sort(self) -> None:
        keys = np.fromiter(self._unsorted, dtype=np.uint64, count=len(self._unsorted))
        values = np.fromiter(self._unsorted.values(), dtype=np.int64, count=len(self._unsorted))
        # The new entries come first, and of equal keys the first is kept.
        self._keys, first = np.unique(np.concatenate([keys, self._keys]), return_index=True)
        self._values = np.concatenate([values, self._values])[first]
        self._unsorted.clear()


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
