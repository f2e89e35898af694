"""Read the size and the metadata boxes of a JPEG XL file without decoding it.

The decoder has no way to read the header alone.
"""

from collections.abc import Iterator
from typing import Final

from pichaven_processing.imaging.sources.source import damaged_file

_RATIOS: Final = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZE_BITS: Final = (9, 13, 18, 30)
_MAX_BOXES: Final = 4096


class _Bits:
    """A bit reader, least significant bit first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:16], "little")

    def take(self, count: int) -> int:
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        return value

    def size(self) -> int:
        return 1 + self.take(_SIZE_BITS[self.take(2)])


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the top boxes of a container: type and content."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        start = at + 8
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
            start = at + 16
        end = len(data) if size == 0 else at + size
        if end < start:
            return
        yield kind, data[start:end]
        at = end


def picture_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels, as stored. Raises `Rejected`."""
    bits = _Bits(_codestream(data)[2:])
    small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if small else bits.size()
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return height * across // down, height
    return ((bits.take(5) + 1) * 8 if small else bits.size()), height


def _codestream(data: bytes) -> bytes:
    head = data[:64] if data.startswith(b"\xff\x0a") else b""
    if not head:
        for kind, content in boxes(data):
            if kind == b"jxlc":
                head = content[:64]
            elif kind == b"jxlp":
                # Parts may be as short as the signature; each begins with its number.
                head += content[4:68]
            if len(head) >= 64:
                break
    if len(head) < 8 or not head.startswith(b"\xff\x0a"):
        raise damaged_file()
    return head
