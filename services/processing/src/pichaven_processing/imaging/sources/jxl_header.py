"""Read the size and the metadata boxes of a JPEG XL file without decoding it.

The decoder has no way to read the header alone.
"""

from collections.abc import Iterator
from typing import Final

import brotli

from pichaven_processing.imaging.sources.source import damaged_file

_RATIOS: Final = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZE_BITS: Final = (9, 13, 18, 30)
_MAX_BOXES: Final = 4096
_HEADER_BYTES: Final = 4096
"""More than a header has, names of extra channels included."""
_MAX_CHANNELS: Final = 256
_MAX_METADATA: Final = 4 << 20
"""Bytes of a box once it is decompressed; more are ignored."""
_ALPHA, _SPOT_COLOUR, _FILTER = 0, 2, 5


class _Bits:
    """A bit reader, least significant bit first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:_HEADER_BYTES], "little")

    def take(self, count: int) -> int:
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        return value

    def size(self) -> int:
        return 1 + self.take(_SIZE_BITS[self.take(2)])

    def number(self, *choices: tuple[int, int]) -> int:
        """Return a number by two bits that choose an offset and a count of bits."""
        offset, count = choices[self.take(2)]
        return offset + self.take(count)

    def enumeration(self) -> int:
        return self.number((0, 0), (1, 0), (2, 4), (18, 6))


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


def metadata_boxes(data: bytes) -> dict[bytes, bytes]:
    """Return the contents of the top boxes by type, those compressed by Brotli (`brob`) too."""
    contents: dict[bytes, bytes] = {}
    for kind, content in boxes(data):
        if kind != b"brob":
            contents[kind] = content
        elif (decompressed := _decompress(content[4:])) is not None:
            contents[content[:4]] = decompressed
    return contents


def _decompress(content: bytes) -> bytes | None:
    """Return the whole of it; None of what is broken or too long."""
    decompressor = brotli.Decompressor()
    try:
        whole: bytes = decompressor.process(content, output_buffer_limit=_MAX_METADATA)
    except brotli.error:
        return None
    return whole if decompressor.is_finished() and len(whole) <= _MAX_METADATA else None


def picture_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels, as stored. Raises `Rejected`."""
    return _read_size(_Bits(_codestream(data)[2:]))


def is_premultiplied(data: bytes) -> bool:
    """Whether the first alpha channel is associated: the colours are multiplied by it already.

    Reads `ImageMetadata` of ISO/IEC 18181-1 up to its extra channels.
    """
    bits = _Bits(_codestream(data)[2:])
    _read_size(bits)
    if bits.take(1):
        return False
    if bits.take(1):
        bits.take(3)
        if bits.take(1):
            _read_size(bits)
        if bits.take(1):
            _skip_preview(bits)
        if bits.take(1):
            _skip_animation(bits)
    _skip_depth(bits)
    bits.take(1)
    for _ in range(min(bits.number((0, 0), (1, 0), (2, 4), (1, 12)), _MAX_CHANNELS)):
        if bits.take(1):
            return False
        kind = bits.enumeration()
        _skip_depth(bits)
        bits.number((0, 0), (3, 0), (4, 0), (1, 3))
        bits.take(8 * bits.number((0, 0), (0, 4), (16, 5), (48, 10)))
        if kind == _ALPHA:
            return bool(bits.take(1))
        if kind == _SPOT_COLOUR:
            bits.take(64)
        elif kind == _FILTER:
            bits.number((1, 0), (0, 2), (3, 4), (19, 8))
    return False


def _skip_depth(bits: _Bits) -> None:
    if bits.take(1):
        bits.number((32, 0), (16, 0), (24, 0), (1, 6))
        bits.take(4)
    else:
        bits.number((8, 0), (10, 0), (12, 0), (1, 6))


def _skip_preview(bits: _Bits) -> None:
    divided = bits.take(1)
    choices = (
        ((16, 0), (32, 0), (1, 5), (33, 9)) if divided else ((1, 6), (65, 8), (321, 10), (1345, 12))
    )
    bits.number(*choices)
    if not bits.take(3):
        bits.number(*choices)


def _skip_animation(bits: _Bits) -> None:
    bits.number((100, 0), (1000, 0), (1, 10), (1, 30))
    bits.number((1, 0), (1001, 0), (1, 8), (1, 10))
    bits.number((0, 0), (0, 3), (0, 16), (0, 32))
    bits.take(1)


def _read_size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if small else bits.size()
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return height * across // down, height
    return ((bits.take(5) + 1) * 8 if small else bits.size()), height


def _codestream(data: bytes) -> bytes:
    head = data[:_HEADER_BYTES] if data.startswith(b"\xff\x0a") else b""
    if not head:
        for kind, content in boxes(data):
            if kind == b"jxlc":
                head = content[:_HEADER_BYTES]
            elif kind == b"jxlp":
                # Parts may be as short as the signature; each begins with its number.
                head += content[4 : 4 + _HEADER_BYTES]
            if len(head) >= _HEADER_BYTES:
                break
    if len(head) < 8 or not head.startswith(b"\xff\x0a"):
        raise damaged_file()
    return head
