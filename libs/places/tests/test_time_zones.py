"""The time zone of a position, and what its clocks show."""

from datetime import UTC, datetime

import pytest

from pichaven_places import offset_at, offset_of_instant, time_zone_of


@pytest.mark.parametrize(
    ("lat", "lon", "zone"),
    [
        (35.6586, 139.7454, "Asia/Tokyo"),
        (27.7, 85.3, "Asia/Kathmandu"),
        (-33.8568, 151.2153, "Australia/Sydney"),
        (48.2086, 16.3724, "Europe/Vienna"),
        (37.775, -122.42, "America/Los_Angeles"),
        (0.5, -30.0, "Etc/GMT+2"),
    ],
)
def test_a_position_has_the_zone_of_its_country_or_of_the_sea(
    lat: float, lon: float, zone: str
) -> None:
    assert time_zone_of(lat, lon) == zone


@pytest.mark.parametrize(("lat", "lon"), [(90, 180), (-90, -180), (0, 180), (0, -180)])
def test_the_ends_of_the_map_have_a_zone_that_python_knows(lat: float, lon: float) -> None:
    zone = time_zone_of(lat, lon)

    assert zone is not None
    assert offset_of_instant(zone, datetime(2024, 1, 1, tzinfo=UTC)) is not None


@pytest.mark.parametrize(
    ("zone", "wall_time", "minutes"),
    [
        ("Asia/Tokyo", datetime(2024, 1, 1, 0, 30), 540),
        ("Asia/Kathmandu", datetime(2024, 1, 1), 345),
        ("Europe/Vienna", datetime(2024, 3, 31, 1, 59), 60),
        ("Europe/Vienna", datetime(2024, 3, 31, 3, 0), 120),
        # Shown twice: the first time is still summer time.
        ("Europe/Vienna", datetime(2024, 10, 27, 2, 30), 120),
        ("Asia/Tokyo", datetime(1880, 1, 1), 559),
        ("Mars/Olympus", datetime(2024, 1, 1), None),
        ("../etc/passwd", datetime(2024, 1, 1), None),
    ],
)
def test_a_wall_time_has_the_offset_of_its_day(
    zone: str, wall_time: datetime, minutes: int | None
) -> None:
    assert offset_at(zone, wall_time) == minutes


def test_an_instant_has_the_offset_that_clocks_had_then() -> None:
    before, after = (datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1))

    assert offset_of_instant("Europe/Vienna", before) == 120
    assert offset_of_instant("Europe/Vienna", after) == 60
    assert offset_of_instant("Europe/Vienna", datetime.max.replace(tzinfo=UTC)) is None
