"""The data of a gazetteer in flat arrays, without an object per place.

File format: gzip of a line of JSON (`places`, `names_bytes`, `areas`, `source`) and then the
arrays one after the other, little-endian, in the order of the fields below.
"""

import gzip
import json
import math
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

UNITS_PER_DEGREE: Final = 100_000
BANDS_PER_DEGREE: Final = 4
_BANDS: Final = 180 * BANDS_PER_DEGREE + 1


class Row(NamedTuple):
    """One place of the source; degrees."""

    lat: float
    lon: float
    people: int
    name: str
    region: str
    country_code: str
    country: str


@dataclass(frozen=True, slots=True)
class Table:
    """Places ordered by band of latitude, then by longitude."""

    lats: "array[int]"
    """In 1/`UNITS_PER_DEGREE`, as `lons`."""
    lons: "array[int]"
    people: "array[int]"
    areas: "array[int]"
    """Indexes in `area_names`."""
    name_ends: "array[int]"
    bands: "array[int]"
    """The first place of each band, and the end of the last."""
    names: bytes
    area_names: tuple[tuple[str, str, str], ...]
    """Region, country code, country."""
    source: str

    def __len__(self) -> int:
        return len(self.lats)

    def name(self, at: int) -> str:
        return self.names[self.name_ends[at - 1] if at else 0 : self.name_ends[at]].decode()

    @classmethod
    def of(cls, rows: Iterable[Row], source: str) -> "Table":
        ordered = sorted(rows, key=lambda row: (band_of(row.lat), row.lon, row.lat, row.name))
        areas: dict[tuple[str, str, str], int] = {}
        ends, names = array("I"), bytearray()
        bands = array("I", bytes(4 * (_BANDS + 1)))
        for row in ordered:
            areas.setdefault((row.region, row.country_code, row.country), len(areas))
            names += row.name.encode()
            ends.append(len(names))
            bands[band_of(row.lat) + 1] += 1
        for band in range(_BANDS):
            bands[band + 1] += bands[band]
        return cls(
            lats=array("i", [round(row.lat * UNITS_PER_DEGREE) for row in ordered]),
            lons=array("i", [round(row.lon * UNITS_PER_DEGREE) for row in ordered]),
            people=array("I", [row.people for row in ordered]),
            areas=array("H", [areas[row.region, row.country_code, row.country] for row in ordered]),
            name_ends=ends,
            bands=bands,
            names=bytes(names),
            area_names=tuple(areas),
            source=source,
        )

    def to_bytes(self) -> bytes:
        """Return the file's content; the same table gives the same bytes."""
        head = {
            "places": len(self),
            "names_bytes": len(self.names),
            "areas": self.area_names,
            "source": self.source,
        }
        line = json.dumps(head, ensure_ascii=False).encode() + b"\n"
        arrays = (self.lats, self.lons, self.people, self.areas, self.name_ends, self.bands)
        parts = [line, *(_little(numbers).tobytes() for numbers in arrays), self.names]
        return gzip.compress(b"".join(parts), mtime=0)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Table":
        plain = memoryview(gzip.decompress(data))
        # The head is small; searching a copy of it finds where it ends.
        at = bytes(plain[: 1 << 20]).index(b"\n") + 1
        head = json.loads(bytes(plain[:at]))
        count = head["places"]
        arrays: list[array[int]] = []
        for code, length in (
            ("i", count),
            ("i", count),
            ("I", count),
            ("H", count),
            ("I", count),
            ("I", _BANDS + 1),
        ):
            numbers = array(code)
            end = at + length * numbers.itemsize
            numbers.frombytes(plain[at:end])
            arrays.append(_little(numbers))
            at = end
        lats, lons, people, areas, ends, bands = arrays
        names = bytes(plain[at : at + head["names_bytes"]])
        area_names = tuple((region, code, country) for region, code, country in head["areas"])
        return cls(lats, lons, people, areas, ends, bands, names, area_names, head["source"])


def band_of(lat: float) -> int:
    return math.floor((lat + 90) * BANDS_PER_DEGREE)


def _little(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "little":
        return numbers
    swapped = numbers[:]
    swapped.byteswap()
    return swapped
