"""The demo's copies carry the dates and positions that its searches ask for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from demo.__main__ import CONTENT, SEARCHES
from demo.samples import PHOTOGRAPHS, POSITIONS, taken_at, write_samples
from PIL import ExifTags, Image

from pichaven_places import place_of
from pichaven_search.query_language.query_parser import parse_query
from testing.photographs import packaged_set


def test_copies_have_neutral_names_dates_and_positions(tmp_path: Path) -> None:
    names = write_samples(packaged_set(), tmp_path)
    assert list(names.values()) == list(PHOTOGRAPHS)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert next(iter(names)) == "IMG_0001.jpg"
    for number, (copy, name) in enumerate(names.items()):
        with Image.open(tmp_path / copy) as image:
            exif = image.getexif().get_ifd(ExifTags.IFD.Exif)
            gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        taken = exif[ExifTags.Base.DateTimeOriginal]
        assert taken == taken_at(number).strftime("%Y:%m:%d %H:%M:%S")
        assert bool(gps) == (name in POSITIONS)
        if gps:
            degrees, minutes, seconds = map(float, gps[ExifTags.GPS.GPSLatitude])
            north = gps[ExifTags.GPS.GPSLatitudeRef] == "N"
            latitude = (degrees + minutes / 60 + seconds / 3600) * (1 if north else -1)
            assert latitude == pytest.approx(POSITIONS[name][0], abs=1e-4)


def test_the_photographs_are_taken_one_after_another_and_in_the_past() -> None:
    dates = [taken_at(number) for number in range(len(PHOTOGRAPHS))]
    assert dates == sorted(dates)
    assert dates[-1] < datetime(2026, 1, 1, tzinfo=UTC)


def test_every_search_by_content_has_right_photographs_in_the_demo() -> None:
    photographs = packaged_set()
    for query in CONTENT:
        assert photographs.queries[query].right & set(PHOTOGRAPHS), query


def test_the_searches_by_place_and_date_have_something_to_find() -> None:
    cities = {place.city for place in (place_of(*at) for at in POSITIONS.values()) if place}
    assert {query for query, kind in SEARCHES if kind == "place"} <= cities
    for query in (query for query, kind in SEARCHES if kind == "date"):
        parsed = parse_query(query, now=datetime(2026, 6, 1, tzinfo=UTC), zone=UTC)
        assert parsed.parts[0].kind == "date", query
        year, month = parsed.parts[0].value[:7].split("-")
        dates = [taken_at(number) for number in range(len(PHOTOGRAPHS))]
        assert any((date.year, date.month) == (int(year), int(month)) for date in dates), query
