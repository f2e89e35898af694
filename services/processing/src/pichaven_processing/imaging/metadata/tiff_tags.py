"""Read TIFF directories, which carry EXIF and structure most RAW files.

No file is trusted: every offset and count is checked against the data and against a bound,
directories are visited once, and what makes no sense is left out.
"""

import mmap
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from pichaven_chassis import display_text

Buffer = bytes | mmap.mmap
Number = int | float | Fraction
Value = bytes | tuple[Number, ...]
Tags = dict[int, Value]

_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_MAX_ENTRIES: Final = 2000
_MAX_DIRECTORIES: Final = 64
_MAX_VALUE: Final = 8 << 20
_MAX_NUMBERS: Final = 1 << 20
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_CODES: Final = {3: "H", 4: "I", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 6: "b"}
_BYTES: Final = frozenset({1, 2, 7})
# Classic TIFF, and the variants of it that Panasonic and Olympus use.
_MAGICS: Final = frozenset({42, 0x55, 0x4F52, 0x5352})

SUB_IFDS: Final = 0x014A
EXIF_IFD: Final = 0x8769
GPS_IFD: Final = 0x8825


@dataclass(frozen=True, slots=True)
class Directory:
    tags: Tags
    next_offset: int


class TiffTags:
    """The directories of one TIFF structure. Raises ValueError for other data."""

    def __init__(self, data: Buffer) -> None:
        if len(data) < 8 or data[:2] not in {b"II", b"MM"}:
            raise ValueError("not a TIFF structure")
        self._data = data
        self.byte_order = "<" if data[:2] == b"II" else ">"
        """As `struct` writes it."""
        magic, self._first = struct.unpack(self.byte_order + "HI", data[2:8])
        if magic not in _MAGICS:
            raise ValueError("not a TIFF structure")
        self.is_plain = magic == 42
        """False for makers' own variants, some of whose tags mean something else."""

    def first(self) -> Tags:
        """Return the first directory, empty when it cannot be read."""
        return self.at(self._first).tags

    def at(self, offset: int) -> Directory:
        """Return the directory at an offset, with the entries that can be read."""
        if not 0 < offset <= len(self._data) - 2:
            return Directory({}, 0)
        (count,) = struct.unpack_from(self.byte_order + "H", self._data, offset)
        count = min(count, _MAX_ENTRIES)
        tags: Tags = {}
        position = offset + 2
        for _ in range(count):
            if position + 12 > len(self._data):
                return Directory(tags, 0)
            tag, kind, number = struct.unpack_from(self.byte_order + "HHI", self._data, position)
            value = self._value(kind, number, position + 8)
            if value is not None:
                tags.setdefault(tag, value)
            position += 12
        if position + 4 > len(self._data):
            return Directory(tags, 0)
        (following,) = struct.unpack_from(self.byte_order + "I", self._data, position)
        return Directory(tags, following)

    def child(self, tags: Tags, pointer: int) -> Tags:
        """Return the directory that a tag of another points to, empty without one."""
        offsets = tags.get(pointer)
        if isinstance(offsets, tuple) and offsets and isinstance(offsets[0], int):
            return self.at(offsets[0]).tags
        return {}

    def all(self) -> Iterator[Tags]:
        """Yield every directory of the chain and its sub-directories, each once."""
        pending = [self._first]
        visited: set[int] = set()
        while pending and len(visited) < _MAX_DIRECTORIES:
            offset = pending.pop(0)
            if offset in visited or offset <= 0:
                continue
            visited.add(offset)
            directory = self.at(offset)
            yield directory.tags
            children = directory.tags.get(SUB_IFDS, ())
            if isinstance(children, tuple):
                pending += [
                    offset for offset in children[:_MAX_DIRECTORIES] if isinstance(offset, int)
                ]
            pending.append(directory.next_offset)

    def _value(self, kind: int, number: int, position: int) -> Value | None:
        size = _SIZES.get(kind)
        if size is None or number == 0 or number * size > _MAX_VALUE or number > _MAX_NUMBERS * 8:
            return None
        length = number * size
        if length > 4:
            (position,) = struct.unpack_from(self.byte_order + "I", self._data, position)
        if position + length > len(self._data):
            return None
        raw = bytes(self._data[position : position + length])
        if kind in _BYTES:
            return raw if kind != 1 or number > 16 else (tuple(raw) if number <= 4 else raw)
        if number > _MAX_NUMBERS:
            return None
        if kind in {5, 10}:
            parts = struct.unpack(f"{self.byte_order}{number * 2}{'I' if kind == 5 else 'i'}", raw)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            return tuple(Fraction(top, bottom) if bottom else float("nan") for top, bottom in pairs)
        return struct.unpack(f"{self.byte_order}{number}{_CODES[kind]}", raw)


def floats_of(numbers: Sequence[Number]) -> tuple[float, ...]:
    """Return the numbers as floats; those that are too large, and rationals over 0, are NaN."""
    return tuple(_float_of(number) for number in numbers)


def _float_of(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("nan")


def number_of(tags: Tags, tag: int) -> float | None:
    """Return the tag's first value as a finite number, None when there is none."""
    value = tags.get(tag)
    if not isinstance(value, tuple) or not value:
        return None
    number = _float_of(value[0])
    return number if number - number == 0 else None


def integer_of(tags: Tags, tag: int) -> int | None:
    number = number_of(tags, tag)
    return None if number is None else int(number)


def text_of(tags: Tags, tag: int) -> str | None:
    """Return the tag's bytes up to the first NUL as text, None when it is empty."""
    value = tags.get(tag)
    if isinstance(value, tuple):
        if not all(isinstance(number, int) and 0 <= number < 256 for number in value):
            return None
        value = bytes(int(number) for number in value)
    if value is None:
        return None
    return decode_text(value.split(b"\0", 1)[0])


def decode_text(raw: bytes) -> str | None:
    """Decode UTF-8, else Latin-1, without control characters; None when it is empty."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return clean_text(text)


def clean_text(text: str, longest: int = 2000) -> str | None:
    """Return text to display of at most `longest` characters, None when it is empty."""
    spaced = _CONTROLS.sub(" ", text[:20_000])
    return display_text.clean_text(spaced)[:longest].strip() or None
