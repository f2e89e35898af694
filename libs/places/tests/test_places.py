"""Where a point is said to be."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest

from pichaven_places import REACH_KM, Gazetteer, Place, load_gazetteer, place_of
from pichaven_places.compile_data import compile_table
from pichaven_places.table import Row, Table


def _gazetteer(*rows: Row) -> Gazetteer:
    return Gazetteer(Table.from_bytes(Table.of(rows, "a test").to_bytes()))


def _row(name: str, lat: float, lon: float, people: int = 0, region: str = "R") -> Row:
    return Row(lat, lon, people, name, region, "AA", "Aland")


@pytest.mark.parametrize(
    ("lat", "lon", "city", "region", "country"),
    [
        (48.2086, 16.3724, "Vienna", "Vienna", "Austria"),
        (48.8584, 2.2945, "Paris", "Île-de-France", "France"),
        (51.5215, -0.1730, "London", "England", "United Kingdom"),
        (40.7580, -73.9855, "New York City", "New York", "United States"),
        (37.8199, -122.4783, "San Francisco", "California", "United States"),
        (35.6595, 139.7005, "Tokyo", "Tokyo", "Japan"),
        (37.5700, 126.9800, "Seoul", "Seoul", "South Korea"),
        (-33.8568, 151.2153, "Sydney", "New South Wales", "Australia"),
        (-22.9519, -43.2105, "Rio de Janeiro", "Rio de Janeiro", "Brazil"),
        (69.6500, 18.9600, "Tromsø", "Troms", "Norway"),
        (78.2200, 15.6500, "Longyearbyen", "Svalbard", "Svalbard and Jan Mayen"),
        # Small beside large: a town keeps its name, a river or a state ends a city.
        (48.8350, 2.2400, "Boulogne-Billancourt", "Île-de-France", "France"),
        (40.7450, -74.0300, "Hoboken", "New Jersey", "United States"),
        (42.3000, -83.0400, "Windsor", "Ontario", "Canada"),
        (48.5800, 7.8100, "Kehl", "Baden-Wurttemberg", "Germany"),
        (41.9022, 12.4539, "Vatican City", None, "Vatican City"),
    ],
)
def test_well_known_points_have_the_names_that_people_give_them(
    lat: float, lon: float, city: str, region: str | None, country: str
) -> None:
    place = place_of(lat, lon)
    assert place is not None
    assert (place.city, place.region, place.country) == (city, region, country)
    assert len(place.country_code) == 2


@pytest.mark.parametrize(
    ("lat", "lon"), [(0, -30), (-50, -120), (90, 0), (-90, 180), (30, -45), (1, 2)]
)
def test_far_from_everything_there_is_no_name(lat: float, lon: float) -> None:
    assert place_of(lat, lon) is None


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(91, 0), (-90.1, 0), (0, 180.5), (math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)],
)
def test_what_is_no_position_has_no_name(lat: float, lon: float) -> None:
    assert place_of(lat, lon) is None


def test_the_antimeridian_is_no_border() -> None:
    gazetteer = _gazetteer(_row("East", -17, 179.9), _row("West", -17, -179.0))
    for lon in (-179.95, 180, -180, 179.99):
        place = gazetteer.place_of(-17, lon)
        assert place is not None and place.city == "East", lon


def test_near_a_pole_the_way_across_it_is_short() -> None:
    gazetteer = _gazetteer(_row("Station", 89.8, 10))
    assert gazetteer.place_of(89.9, -170) == Place("Station", "R", "Aland", "AA")


def test_distances_are_of_the_globe_not_of_degrees() -> None:
    """At 65 degrees north a degree of longitude is less than half of one of latitude."""
    gazetteer = _gazetteer(_row("East", 65, 14.9), _row("South", 64.5, 14))
    place = gazetteer.place_of(65, 14)
    assert place is not None and place.city == "East"


def test_reach_ends_where_it_says() -> None:
    gazetteer = _gazetteer(_row("Port", 0, 0))
    a_degree_km = math.pi * 6371.0088 / 180
    assert gazetteer.place_of(0, (REACH_KM - 0.1) / a_degree_km) is not None
    assert gazetteer.place_of(0, (REACH_KM + 0.1) / a_degree_km) is None


def test_a_city_is_as_wide_as_its_people_need_and_ends_with_its_region() -> None:
    city, village = _row("City", 0, 0, 1_000_000), _row("Village", 0, 0.05)
    place = _gazetteer(city, village).place_of(0, 0.05)
    assert place is not None and place.city == "City"
    place = _gazetteer(city, village._replace(region="S")).place_of(0, 0.05)
    assert place == Place("Village", "S", "Aland", "AA")
    place = _gazetteer(city._replace(people=10_000), village).place_of(0, 0.05)
    assert place is not None and place.city == "Village"


def test_the_search_misses_no_place_that_is_nearer() -> None:
    """Against every distance, on a world of points with people in none of them."""
    lot = random.Random(4)
    rows = [
        _row(f"{n}", round(math.degrees(math.asin(lot.uniform(-1, 1))), 5), lot.uniform(-180, 180))
        for n in range(5_000)
    ]
    gazetteer = _gazetteer(*rows)
    for _ in range(100):
        lat, lon = math.degrees(math.asin(lot.uniform(-1, 1))), lot.uniform(-180, 180)
        km, nearest = min((_km(lat, lon, row.lat, row.lon), row.name) for row in rows)
        place = gazetteer.place_of(lat, lon)
        assert (place.city if place else None) == (nearest if km <= REACH_KM else None)


def _km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    a, b = math.radians(lat), math.radians(other_lat)
    along = math.sin(a) * math.sin(b)
    across = math.cos(a) * math.cos(b) * math.cos(math.radians(lon - other_lon))
    return 6371.0088 * math.acos(max(-1.0, min(1.0, along + across)))


def test_threads_that_ask_at_once_share_one_gazetteer() -> None:
    with ThreadPoolExecutor(8) as threads:
        gazetteers = set(threads.map(lambda _: id(load_gazetteer()), range(32)))
        places = set(threads.map(lambda _: place_of(48.2086, 16.3724), range(32)))
    assert len(gazetteers) == len(places) == 1


@pytest.mark.slow
def test_the_bundled_data_is_what_the_compiler_makes() -> None:
    bytes_of = files("pichaven_places").joinpath("places.bin.gz").read_bytes()
    assert compile_table() == Table.from_bytes(bytes_of)


def test_an_empty_gazetteer_knows_no_place() -> None:
    assert _gazetteer().place_of(0, 0) is None
