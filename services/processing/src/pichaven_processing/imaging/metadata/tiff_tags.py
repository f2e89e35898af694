"""Read directories of TIFF and BigTIFF, which carry EXIF and structure most RAW files.

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
_CODES: Final = {
    3: "H",
    4: "I",
    6: "b",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
_SIZES: Final = {
    1: 1,
    2: 1,
    5: 8,
    7: 1,
    10: 8,
    **{kind: struct.calcsize(f"<{code}") for kind, code in _CODES.items()},
}
_BYTES: Final = frozenset({1, 2, 7})
# Classic TIFF, and the variants of it that Panasonic and Olympus use.
_MAGICS: Final = frozenset({42, 0x55, 0x4F52, 0x5352})
_BIG_MAGIC: Final = 43

SUB_IFDS: Final = 0x014A
EXIF_IFD: Final = 0x8769
GPS_IFD: Final = 0x8825


@dataclass(frozen=True, slots=True)
class Directory:
    tags: Tags
    next_offset: int


@dataclass(frozen=True, slots=True)
class Variant:
    """Widths of the numbers of a TIFF variant, as `struct` writes them."""

    header_bytes: int
    """The header ends with the offset of the first directory."""
    entries: str
    """Number of a directory's entries."""
    offset: str
    """An offset, and the count of an entry's values."""

    @property
    def entries_bytes(self) -> int:
        return struct.calcsize(f"<{self.entries}")

    @property
    def offset_bytes(self) -> int:
        """Also the longest value that stands in its entry."""
        return struct.calcsize(f"<{self.offset}")

    @property
    def first_link(self) -> int:
        return self.header_bytes - self.offset_bytes

    @property
    def entry_bytes(self) -> int:
        """Tag, type, count, and the value or its offset."""
        return 4 + 2 * self.offset_bytes


CLASSIC: Final = Variant(header_bytes=8, entries="H", offset="I")
BIG: Final = Variant(header_bytes=16, entries="Q", offset="Q")


def variant_of(head: bytes | bytearray) -> Variant:
    """Return the variant that a file with this header is of."""
    return BIG if bytes(head[2:4]) in {b"+\0", b"\0+"} else CLASSIC


class TiffTags:
    """The directories of one TIFF structure. Raises ValueError for other data."""

    def __init__(self, data: Buffer) -> None:
        if len(data) < 8 or data[:2] not in {b"II", b"MM"}:
            raise ValueError("not a TIFF structure")
        self._data = data
        self.byte_order = "<" if data[:2] == b"II" else ">"
        """As `struct` writes it."""
        (magic,) = struct.unpack(self.byte_order + "H", data[2:4])
        self._variant = BIG if magic == _BIG_MAGIC else CLASSIC
        if magic not in {*_MAGICS, _BIG_MAGIC} or len(data) < self._variant.header_bytes:
            raise ValueError("not a TIFF structure")
        if self._variant is BIG and struct.unpack(self.byte_order + "HH", data[4:8]) != (8, 0):
            raise ValueError("not a BigTIFF with offsets of eight bytes")
        self.first_offset = self._number(self._variant.offset, self._variant.first_link)
        """Of the first directory."""
        self.is_plain = magic in {42, _BIG_MAGIC}
        """False for makers' own variants, some of whose tags mean something else."""

    def first(self) -> Tags:
        """Return the first directory, empty when it cannot be read."""
        return self.at(self.first_offset).tags

    def at(self, offset: int) -> Directory:
        """Return the directory at an offset, with the entries that can be read."""
        variant = self._variant
        if not 0 < offset <= len(self._data) - variant.entries_bytes:
            return Directory({}, 0)
        count = min(self._number(variant.entries, offset), _MAX_ENTRIES)
        tags: Tags = {}
        position = offset + variant.entries_bytes
        head = f"{self.byte_order}HH{variant.offset}"
        for _ in range(count):
            if position + variant.entry_bytes > len(self._data):
                return Directory(tags, 0)
            tag, kind, number = struct.unpack_from(head, self._data, position)
            value = self._value(kind, number, position + 4 + variant.offset_bytes)
            if value is not None:
                tags.setdefault(tag, value)
            position += variant.entry_bytes
        if position + variant.offset_bytes > len(self._data):
            return Directory(tags, 0)
        return Directory(tags, self._number(variant.offset, position))

    def child(self, tags: Tags, pointer: int) -> Tags:
        """Return the directory that a tag of another points to, empty without one."""
        offsets = tags.get(pointer)
        if isinstance(offsets, tuple) and offsets and isinstance(offsets[0], int):
            return self.at(offsets[0]).tags
        return {}

    def all(self) -> Iterator[Tags]:
        """Yield every directory of the chain and its sub-directories, each once."""
        pending = [self.first_offset]
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

    def _number(self, code: str, position: int) -> int:
        (number,) = struct.unpack_from(self.byte_order + code, self._data, position)
        return int(number)

    def _value(self, kind: int, number: int, position: int) -> Value | None:
        size = _SIZES.get(kind)
        if size is None or number == 0 or number * size > _MAX_VALUE or number > _MAX_NUMBERS * 8:
            return None
        length = number * size
        if length > self._variant.offset_bytes:
            position = self._number(self._variant.offset, position)
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
