"""Find TIFF pages whose end was never written, so that zeros are in its place.

libtiff reads zeros as pixels, and libvips shows tiles that cannot be unpacked as black.
"""

import mmap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pichaven_processing.imaging.metadata.tiff_tags import Tags, integer_of
from pichaven_processing.imaging.sources.zero_tails import check_part, check_rows

_WIDTH, _BITS, _COMPRESSION, _STRIPS, _SAMPLES, _STRIP_BYTES = 256, 258, 259, 273, 277, 279
_PLANAR, _TILE_WIDTH, _TILE_OFFSETS, _TILE_BYTES, _FORMAT = 284, 322, 324, 325, 339
_PLAIN, _FAX_3, _PACK_BITS = 1, 3, 32773
_LITERALS: Final = 129
"""Zeros that the longest packet of PackBits may end in, and one more as a packet's head."""
_TYPES: Final = {(2, 16): "i2", (2, 32): "i4", (3, 16): "f2", (3, 32): "f4", (3, 64): "f8"}


def check_end(path: Path, page: Tags) -> None:
    """Raise `Rejected` where the page's data break off and zeros follow to the end."""
    is_tiled = _TILE_OFFSETS in page
    offsets, lengths = (
        page.get(_TILE_OFFSETS if is_tiled else _STRIPS),
        page.get(_TILE_BYTES if is_tiled else _STRIP_BYTES),
    )
    width = integer_of(page, _TILE_WIDTH if is_tiled else _WIDTH) or 0
    if not isinstance(offsets, tuple) or not isinstance(lengths, tuple) or width < 1:
        return
    parts = [(int(at), int(at) + int(length)) for at, length in zip(offsets, lengths, strict=False)]
    compression = integer_of(page, _COMPRESSION) or _PLAIN
    bits = integer_of(page, _BITS) or 1
    samples = 1 if integer_of(page, _PLANAR) == 2 else integer_of(page, _SAMPLES) or 1
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if compression == _PLAIN:
            order = "<" if data[:2] == b"II" else ">"
            kind = _TYPES.get((integer_of(page, _FORMAT) or 1, bits), f"u{max(bits // 8, 1)}")
            levels = partial(_levels, bits=bits, samples=samples, kind=order + kind)
            rows = parts if is_tiled else _joined(parts)
            check_rows(data, rows, (width * samples * bits + 7) // 8, levels)
            return
        for start, end in parts:
            # Fill of any length may follow a line of fax.
            most = end - start - 1 if compression == _FAX_3 else None
            check_part(data, start, end, _LITERALS if compression == _PACK_BITS else most)


def _joined(strips: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return strips with those joined that follow each other: many have but one row."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(strips):
        if joined and joined[-1][1] == start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _levels(row: bytes, column: int, *, bits: int, samples: int, kind: str) -> Sequence[float]:
    """Return the brightest of each pixel's samples, of 255, from byte `column` on.

    None of a row whose pixel there does not end with the byte: where samples are less than a
    byte, most edges between white and black are within one, and data break off between two.
    """
    first = -(-column * 8 // (bits * samples))
    if bits < 8 and not row[column - 1] & ((1 << bits) - 1):
        return []
    if bits in {16, 32, 64} or (bits == 8 and kind[1] == "u"):
        numbers = np.frombuffer(row[: len(row) // np.dtype(kind).itemsize * (bits // 8)], kind)
        # Zero is black, or grey where numbers are signed; either differs from what is above it.
        levels = np.abs(np.nan_to_num(numbers.astype(np.float64)))
        full = (levels.max(initial=0) or 1.0) if kind[1] == "f" else 2.0**bits - 1
    else:
        digits: npt.NDArray[Any] = np.unpackbits(np.frombuffer(row, np.uint8))
        digits = digits[: len(digits) // bits * bits].reshape(-1, bits)
        levels = digits @ (2.0 ** np.arange(bits)[::-1])
        full = 2.0**bits - 1
    levels = levels[: len(levels) // samples * samples].reshape(-1, samples).max(axis=1)
    brightest: list[float] = (levels[first:] * (255 / full)).tolist()
    return brightest
