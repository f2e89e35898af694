"""AV1 data of a picture (AV1 Bitstream & Decoding Process Specification), without decoding it."""

from typing import Final

from pichaven_processing.imaging.sources.code_points import CodePoints
from pichaven_processing.imaging.sources.source import damaged_file

_LONGEST_ZERO_RUN: Final = 32
"""Bytes at the end of the data; entropy coding never leaves so many zeros."""
_SEQUENCE_HEADER: Final = 1
_MAX_UNITS: Final = 16
_SRGB: Final = (1, 13, 0)
_UNSPECIFIED: Final = (2, 2, 2)


def check_av1(content: bytes) -> None:
    """Raise `Rejected` unless the units fill the data, which do not end in zeros."""
    at = 0
    while at < len(content):
        header = content[at]
        if header & 0x81 or not header & 0x78:
            raise damaged_file()
        at += 2 if header & 4 else 1
        if not header & 2:
            at = len(content)
            break
        size, at = _leb128(content, at)
        at += size
    tail = content[-_LONGEST_ZERO_RUN:]
    if at != len(content) or (len(tail) == _LONGEST_ZERO_RUN and not any(tail)):
        raise damaged_file()


def code_points_of_av1(content: bytes) -> CodePoints | None:
    """Return the colours of the sequence header, None where there is none near the start."""
    at = 0
    for _ in range(_MAX_UNITS):
        if at >= len(content):
            return None
        header = content[at]
        at += 2 if header & 4 else 1
        size = len(content) - at
        if header & 2:
            size, at = _leb128(content, at)
        if header >> 3 & 15 == _SEQUENCE_HEADER:
            try:
                return _read_sequence_header(_Bits(content[at : at + size]))
            except EOFError:
                return None
        at += size
    return None


def _leb128(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length and the position after it."""
    value = 0
    for shift in range(0, 56, 7):
        if at >= len(content):
            break
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return value, at


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise EOFError
        return self._value >> self._left & ((1 << count) - 1)

    def skip_uvlc(self) -> None:
        zeros = 0
        while not self.take(1):
            zeros += 1
        self.take(zeros if zeros < 32 else 0)


def _read_sequence_header(bits: _Bits) -> CodePoints:
    profile = bits.take(3)
    bits.take(1)
    is_reduced = bool(bits.take(1))
    if is_reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    bits.take(width_bits + height_bits)
    if not is_reduced and bits.take(1):
        bits.take(7)
    bits.take(3)
    if not is_reduced:
        _skip_tools(bits)
    bits.take(3)
    return _read_colours(bits, profile)


def _skip_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            bits.skip_uvlc()
        if bits.take(1):
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.take(1):
            bits.take(4)


def _skip_tools(bits: _Bits) -> None:
    bits.take(4)
    has_order_hint = bits.take(1)
    if has_order_hint:
        bits.take(2)
    is_screen_content = bits.take(1) or bits.take(1)
    if is_screen_content and not bits.take(1):
        bits.take(1)
    if has_order_hint:
        bits.take(3)


def _read_colours(bits: _Bits, profile: int) -> CodePoints:
    if bits.take(1) and profile == 2:
        bits.take(1)
    is_grey = profile != 1 and bool(bits.take(1))
    points = _UNSPECIFIED
    if bits.take(1):
        points = (bits.take(8), bits.take(8), bits.take(8))
    is_full_range = (points == _SRGB and not is_grey) or bool(bits.take(1))
    return CodePoints(*points, is_full_range)
