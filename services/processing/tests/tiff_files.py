"""TIFF and BigTIFF of any samples, plain, in strips or tiles, packed or in planes."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

ASCII, SHORT, LONG, DOUBLE, LONG8, IFD8 = 2, 3, 4, 12, 16, 18
BLOB: Final = 7
_CODES: Final = {SHORT: "H", LONG: "I", DOUBLE: "d", LONG8: "Q", IFD8: "Q"}
_FORMATS: Final = {"u": 1, "i": 2, "f": 3}
STRIP_ROWS: Final = 32

Entry = tuple[int, Sequence[float] | bytes]
"""Type, and values or bytes."""
Directory = Mapping[int, "Entry | Directory | None"]
"""By tag; a nested directory stands behind its tag, None leaves a tag out."""


class TiffWriter:
    def __init__(self, *, big: bool = False, order: str = "<") -> None:
        self.order = order
        self._big = big
        self._offset = "Q" if big else "I"
        self._pointer = IFD8 if big else LONG
        mark = b"II" if order == "<" else b"MM"
        head = struct.pack(order + "HHHQ", 43, 8, 0, 0) if big else struct.pack(order + "HI", 42, 0)
        self._data = bytearray(mark + head)
        self._link = len(self._data) - struct.calcsize("<" + self._offset)

    def append(self, data: bytes) -> int:
        self._data += bytes(len(self._data) % 2)
        at = len(self._data)
        self._data += data
        return at

    def add_page(self, directory: Directory) -> None:
        start, link = self._add(directory)
        struct.pack_into(self.order + self._offset, self._data, self._link, start)
        self._link = link

    def content(self) -> bytes:
        return bytes(self._data)

    def _add(self, directory: Directory) -> tuple[int, int]:
        """Append a directory; return where it is and where it names the next one."""
        size = struct.calcsize("<" + self._offset)
        present = {tag: entry for tag, entry in directory.items() if entry is not None}
        packed = struct.pack(self.order + ("Q" if self._big else "H"), len(present))
        for tag, entry in sorted(present.items()):
            kind: int
            values: Sequence[float] | bytes
            if isinstance(entry, Mapping):
                kind, values = self._pointer, [self._add(entry)[0]]
            else:
                kind, values = entry
            data = values
            if not isinstance(data, bytes):
                data = struct.pack(f"{self.order}{len(values)}{_CODES[kind]}", *values)
            if len(data) > size:
                data = struct.pack(self.order + self._offset, self.append(data))
            packed += struct.pack(f"{self.order}HH{self._offset}", tag, kind, len(values))
            packed += data.ljust(size, b"\0")
        start = self.append(packed + bytes(size))
        return start, start + len(packed)


def page_of(
    writer: TiffWriter,
    pixels: npt.NDArray[Any],
    *,
    bits: int = 0,
    tile: int = 0,
    planar: bool = False,
    tags: Directory | None = None,
) -> Directory:
    """Append the pixels, of rows, columns and samples, and return their directory.

    `bits` other than those of the array's type pack the samples without regard to bytes.
    """
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    height, width, samples = pixels.shape
    depth = bits or pixels.dtype.itemsize * 8
    planes = np.split(pixels, samples, axis=2) if planar else [pixels]
    parts = [
        _packed(part, bits, writer.order) for plane in planes for part in _parts_of(plane, tile)
    ]
    # Together, as most writers leave them.
    at = writer.append(b"".join(parts))
    offsets = [at + sum(map(len, parts[:index])) for index in range(len(parts))]
    directory: dict[int, Any] = {
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [depth] * samples),
        259: (SHORT, [1]),
        262: (SHORT, [1 if samples < 3 else 2]),
        277: (SHORT, [samples]),
        284: (SHORT, [2 if planar else 1]),
        339: (SHORT, [_FORMATS[pixels.dtype.kind]] * samples),
        (324 if tile else 273): (LONG, offsets),
        (325 if tile else 279): (LONG, [len(part) for part in parts]),
    }
    directory |= {322: (LONG, [tile]), 323: (LONG, [tile])} if tile else {278: (LONG, [STRIP_ROWS])}
    if samples in {2, 4}:
        directory[338] = (SHORT, [2])
    return {**directory, **(tags or {})}


def tiff_of(
    pixels: npt.NDArray[Any], *, big: bool = False, order: str = "<", **options: Any
) -> bytes:
    writer = TiffWriter(big=big, order=order)
    writer.add_page(page_of(writer, pixels, **options))
    return writer.content()


def _parts_of(plane: npt.NDArray[Any], tile: int) -> list[npt.NDArray[Any]]:
    height, width, _ = plane.shape
    if not tile:
        return [plane[top : top + STRIP_ROWS] for top in range(0, height, STRIP_ROWS)]
    padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
    return [
        padded[top : top + tile, left : left + tile]
        for top in range(0, height, tile)
        for left in range(0, width, tile)
    ]


def _packed(part: npt.NDArray[Any], bits: int, order: str) -> bytes:
    if not bits:
        return part.astype(part.dtype.newbyteorder(order)).tobytes()
    digits = part.reshape(part.shape[0], -1, 1) >> np.arange(bits)[::-1] & 1
    packed = np.packbits(digits.reshape(part.shape[0], -1).astype(np.uint8), axis=1)
    return packed.tobytes()
