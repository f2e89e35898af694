"""Rows of token numbers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEP: Final = 8


def trimmed(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows without the padding that all of them end in, to a multiple of eight columns.

    A few widths only, so that a runtime meets each shape soon and its memory stays level.
    """
    used = int(np.flatnonzero(rows.any(axis=0))[-1]) + 1
    return rows[:, : min(-(-used // _STEP) * _STEP, rows.shape[1])]
