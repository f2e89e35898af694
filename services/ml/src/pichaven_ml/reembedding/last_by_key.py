"""The last number told of each of very many keys, in 16 bytes each."""

import hashlib
from typing import Final

import numpy as np

_LOOSE: Final = 1 << 16


class LastByKey:
    """Keys are kept as 64-bit digests: of a hundred million, two meet by chance in one of 3,000
    runs. What is new stays in a dictionary until it is worth sorting in."""

    def __init__(self) -> None:
        self._loose: dict[int, int] = {}
        self._keys = np.empty(0, dtype=np.uint64)
        self._values = np.empty(0, dtype=np.int64)

    def set(self, key: str, value: int) -> None:
        self._loose[_digest(key)] = value
        if len(self._loose) >= max(_LOOSE, len(self._keys) // 8):
            self._settle()

    def get(self, key: str) -> int:
        """0 for a key that nothing was told of."""
        digest = _digest(key)
        loose = self._loose.get(digest)
        if loose is not None:
            return loose
        at = int(np.searchsorted(self._keys, np.uint64(digest)))
        found = at < len(self._keys) and int(self._keys[at]) == digest
        return int(self._values[at]) if found else 0

    def count_positive(self) -> int:
        self._settle()
        return int(np.count_nonzero(self._values > 0))

    def _settle(self) -> None:
        new = np.fromiter(self._loose, dtype=np.uint64, count=len(self._loose))
        values = np.fromiter(self._loose.values(), dtype=np.int64, count=len(self._loose))
        # The new ones stand first, and of equal keys the first is kept.
        self._keys, first = np.unique(np.concatenate([new, self._keys]), return_index=True)
        self._values = np.concatenate([values, self._values])[first]
        self._loose.clear()


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
