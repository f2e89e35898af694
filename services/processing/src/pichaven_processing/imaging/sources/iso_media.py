"""Items of a HEIF or AVIF file (ISO/IEC 23008-12), read from its boxes without decoding.

Decoders show missing tiles as flat colour, so what the container promises is compared with what
the file has.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pichaven_processing.imaging.sources.av1 import check_av1, code_points_of_av1
from pichaven_processing.imaging.sources.code_points import CodePoints
from pichaven_processing.imaging.sources.source import damaged_file

_MAX_ITEMS: Final = 100_000
_MAX_EXTENTS: Final = 100_000
_MAX_DEPTH: Final = 8
_DERIVED: Final = frozenset({b"grid", b"iovl", b"iden", b"tmap"})
_HEADER_BYTES: Final = 1024
"""How much of AV1 data may be in front of the sequence header's end."""
_HEVC: Final = frozenset({b"hvc1", b"hev1"})

Buffer = bytes | mmap.mmap


@dataclass(slots=True)
class Item:
    """One item. Properties have their box's content, without its header."""

    kind: bytes = b""
    extents: list[tuple[int, int]] = field(default_factory=list)
    """Offset and length in the file."""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)

    def property_of(self, kind: bytes) -> bytes | None:
        return next((content for name, content in self.properties if name == kind), None)


class IsoMedia:
    """The boxes of a file. Raises ValueError where they make no sense."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self.items: dict[int, Item] = {}
        self.primary: int | None = None
        self.has_tracks = False
        self._idat = (0, 0)
        try:
            for kind, start, end in self._boxes(0, len(data), strict=False):
                if kind == b"meta":
                    self._read_meta(start + 4, end)
                elif kind == b"moov":
                    self.has_tracks = True
        except (struct.error, IndexError) as error:
            raise ValueError("boxes are cut") from error

    @property
    def coding(self) -> bytes | None:
        """Return the type of the items that code the primary picture, None without one."""
        number, depth = self.primary, 0
        while number is not None and depth < _MAX_DEPTH:
            item = self.items.get(number)
            if item is None:
                return None
            inputs = item.references.get(b"dimg")
            if item.kind not in _DERIVED or not inputs:
                return item.kind or None
            number, depth = inputs[0], depth + 1
        return None

    @property
    def is_premultiplied(self) -> bool:
        item = self.items.get(self.primary or 0)
        return item is not None and b"prem" in item.references

    @property
    def code_points(self) -> CodePoints | None:
        """Return the colour description of the primary picture, its tiles' where it has none.

        One in the boxes goes before that of AV1 data.
        """
        for item in self._primary_and_first_input():
            for name, content in item.properties:
                if name == b"colr" and content[:4] == b"nclx" and len(content) >= 11:
                    primaries, transfer, matrix = struct.unpack_from(">HHH", content, 4)
                    return CodePoints(primaries, transfer, matrix, bool(content[10] & 0x80))
        for item in self._primary_and_first_input():
            if item.kind == b"av01":
                config = (item.property_of(b"av1C") or b"")[4:]
                return code_points_of_av1(config) or code_points_of_av1(self._start(item))
        return None

    @property
    def is_grey(self) -> bool:
        """Whether the coded picture has brightness alone."""
        for item in self._primary_and_first_input():
            av1 = item.property_of(b"av1C")
            if av1 is not None and len(av1) >= 3:
                return bool(av1[2] & 0x10)
            hevc = item.property_of(b"hvcC")
            if hevc is not None and len(hevc) >= 17:
                return hevc[16] & 3 == 0
        return False

    def check(self) -> None:
        """Raise `Rejected` where the file lacks data that its items point to."""
        size = len(self._data)
        if any(
            end > size
            for kind, _, end in self._boxes(0, size, strict=False)
            if kind in {b"mdat", b"meta", b"moov"}
        ):
            raise damaged_file()
        for item in self.items.values():
            if any(at + length > size for at, length in item.extents):
                raise damaged_file()
            if item.kind in _HEVC:
                self._check_hevc(item)
            elif item.kind == b"av01":
                check_av1(self._content(item))

    def _primary_and_first_input(self) -> Iterator[Item]:
        item = self.items.get(self.primary or 0)
        if item is None:
            return
        yield item
        inputs = item.references.get(b"dimg")
        if inputs and inputs[0] in self.items:
            yield self.items[inputs[0]]

    def _content(self, item: Item) -> bytes:
        return b"".join(bytes(self._data[at : at + length]) for at, length in item.extents)

    def _start(self, item: Item) -> bytes:
        at, length = item.extents[0] if item.extents else (0, 0)
        return bytes(self._data[at : at + min(length, _HEADER_BYTES)])

    def _check_hevc(self, item: Item) -> None:
        """Check that the NAL units fill the item, and what none of them has.

        A unit never ends in zero, nor has it three zeros in a row (ITU-T H.265, 7.4.2).
        """
        config = item.property_of(b"hvcC")
        if config is None or len(config) < 22:
            return
        width = (config[21] & 3) + 1
        content = self._content(item)
        at = 0
        while at + width <= len(content):
            length = int.from_bytes(content[at : at + width])
            start, at = at + width, at + width + length
            if length == 0 or at > len(content) or content[at - 1] == 0:
                raise damaged_file()
            if content.find(b"\0\0\0", start, at) >= 0:
                raise damaged_file()
        if at != len(content) or at == 0:
            raise damaged_file()

    def _boxes(
        self, start: int, end: int, *, strict: bool = True
    ) -> Iterator[tuple[bytes, int, int]]:
        """Yield type, start and end of the content of each box.

        Unless `strict`, a box may end after `end`, and what is no box ends the list.
        """
        at = start
        while at + 8 <= end:
            size, kind = struct.unpack_from(">I4s", self._data, at)
            header = 8
            if size == 1 and at + 16 <= end:
                (size,) = struct.unpack_from(">Q", self._data, at + 8)
                header = 16
            elif size == 0:
                size = end - at
            if size < header or not kind.isalnum():
                if strict:
                    raise ValueError("not a box")
                return
            if strict and at + size > end:
                raise ValueError("a box is cut")
            yield kind, at + header, at + size
            at += size

    def _read_meta(self, start: int, end: int) -> None:
        if end > len(self._data):
            raise ValueError("the meta box is cut")
        boxes = {kind: (at, to) for kind, at, to in self._boxes(start, end)}
        self._idat = boxes.get(b"idat", (0, 0))
        if b"pitm" in boxes:
            at = boxes[b"pitm"][0]
            wide = self._data[at] > 0
            (self.primary,) = struct.unpack_from(">I" if wide else ">H", self._data, at + 4)
        if b"iinf" in boxes:
            self._read_types(*boxes[b"iinf"])
        if b"iloc" in boxes:
            self._read_locations(boxes[b"iloc"][0])
        if b"iref" in boxes:
            self._read_references(*boxes[b"iref"])
        if b"iprp" in boxes:
            self._read_properties(*boxes[b"iprp"])

    def _item(self, number: int) -> Item:
        if number not in self.items and len(self.items) >= _MAX_ITEMS:
            raise ValueError("too many items")
        return self.items.setdefault(number, Item())

    def _read_types(self, start: int, end: int) -> None:
        first = start + (6 if self._data[start] == 0 else 8)
        for kind, at, _ in self._boxes(first, end):
            version = self._data[at]
            if kind != b"infe" or version < 2:
                continue
            wide = version > 2
            (number,) = struct.unpack_from(">I" if wide else ">H", self._data, at + 4)
            position = at + 4 + (4 if wide else 2) + 2
            self._item(number).kind = bytes(self._data[position : position + 4])

    def _read_locations(self, at: int) -> None:
        version = self._data[at]
        offset_size, length_size = divmod(self._data[at + 4], 16)
        base_size, index_size = divmod(self._data[at + 5], 16)
        position = at + 6

        def take(size: int) -> int:
            nonlocal position
            position += size
            return int.from_bytes(self._data[position - size : position])

        extents_left = _MAX_EXTENTS
        for _ in range(take(4 if version == 2 else 2)):
            item = self._item(take(4 if version == 2 else 2))
            method = take(2) & 15 if version else 0
            take(2)
            base = take(base_size)
            count = take(2)
            extents_left -= count
            if position > len(self._data) or extents_left < 0:
                raise ValueError("the iloc box is cut")
            for _ in range(count):
                if version:
                    take(index_size)
                offset, length = base + take(offset_size), take(length_size)
                if method == 1:
                    offset += self._idat[0]
                elif method > 1:
                    continue
                item.extents.append((offset, length or max(len(self._data) - offset, 0)))

    def _read_references(self, start: int, end: int) -> None:
        code, width = (">I", 4) if self._data[start] else (">H", 2)
        for kind, at, _ in self._boxes(start + 4, end):
            (source,) = struct.unpack_from(code, self._data, at)
            (count,) = struct.unpack_from(">H", self._data, at + width)
            targets = struct.unpack_from(f">{count}{code[1]}", self._data, at + width + 2)
            self._item(source).references.setdefault(kind, []).extend(targets)

    def _read_properties(self, start: int, end: int) -> None:
        contents: list[tuple[bytes, bytes]] = []
        for kind, at, to in self._boxes(start, end):
            if kind == b"ipco":
                contents = [
                    (name, bytes(self._data[first : min(last, first + 64)]))
                    for name, first, last in self._boxes(at, to)
                ]
            elif kind == b"ipma":
                self._associate(at, contents)

    def _associate(self, at: int, contents: list[tuple[bytes, bytes]]) -> None:
        code, width = (">I", 4) if self._data[at] else (">H", 2)
        is_wide = bool(self._data[at + 3] & 1)
        (count,) = struct.unpack_from(">I", self._data, at + 4)
        position = at + 8
        for _ in range(min(count, _MAX_ITEMS)):
            (number,) = struct.unpack_from(code, self._data, position)
            position += width
            associations = self._data[position]
            position += 1
            for _ in range(associations):
                step = 2 if is_wide else 1
                raw = int.from_bytes(self._data[position : position + step])
                position += step
                index = raw & (0x7FFF if is_wide else 0x7F)
                if 0 < index <= len(contents):
                    self._item(number).properties.append(contents[index - 1])


def read_iso_media(path: Path) -> IsoMedia:
    """Return the boxes of a file. Raises `Rejected` where they make no sense."""
    with path.open("rb") as file:
        try:
            return IsoMedia(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError as error:
            raise damaged_file() from error
