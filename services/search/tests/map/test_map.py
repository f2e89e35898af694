"""Clusters of photos on a map, on real Elasticsearch."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import changed_event

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import Exif, Location, PhotoChanged, Tag
from pichaven_search.map.model import MAX_CELLS
from pichaven_search.map.schemas import PhotoMap

pytestmark = pytest.mark.engines

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
WORLD = "-180,-90,180,90"


def _at(owner: str, lat: float, lon: float, **fields: Any) -> PhotoChanged:
    return changed_event(owner_id=owner, location=Location(lat=lat, lon=lon), **fields)


async def _map(searching: Any, owner: str | None = None, **params: Any) -> dict[str, Any]:
    response = await searching.get("/map", owner, **({"bbox": WORLD, "zoom": 3} | params))
    assert response.status_code == 200, response.text
    PhotoMap.model_validate(response.json(), strict=False)
    body: dict[str, Any] = response.json()
    assert body["total"] == sum(cluster["count"] for cluster in body["clusters"])
    return body


async def test_close_photos_are_one_cluster_until_the_map_zooms_in(
    searching: Any,
) -> None:
    photos = [
        _at(searching.owner, 48.20, 16.37, taken_at=NOON),
        _at(searching.owner, 48.21, 16.39, taken_at=NOON + timedelta(days=1), blurhash="LEHV6n"),
        _at(searching.owner, -33.87, 151.21, taken_at=NOON),
    ]
    await searching.index(*photos, changed_event(owner_id=searching.owner, location=None))

    body = await _map(searching, zoom=3)
    vienna, sydney = body["clusters"]
    assert (vienna["count"], sydney["count"], body["total"]) == (2, 1, 3)
    assert (vienna["lat"], vienna["lon"]) == pytest.approx((48.205, 16.38), abs=1e-6)
    assert vienna["bbox"] == pytest.approx([16.37, 48.20, 16.39, 48.21], abs=1e-6)
    url = vienna["cover"].pop("thumbnail_url")
    assert url.startswith("http://photos.test/pichaven-media/derived/x/400.webp?")
    assert vienna["cover"] == {
        "id": photos[1].photo_id,
        "blurhash": "LEHV6n",
        "width": 800,
        "height": 600,
    }
    nearer = await _map(searching, bbox="16.3,48.1,16.5,48.3", zoom=13)
    assert [each["count"] for each in nearer["clusters"]] == [1, 1]
    assert nearer["precision"] > body["precision"]


async def test_a_single_photo_has_its_exact_position(searching: Any) -> None:
    photo = _at(searching.owner, 48.2082123456, 16.3738654321)
    await searching.index(photo)
    for zoom, bbox in ((0, WORLD), (22, "16.37,48.2,16.38,48.21")):
        [only] = (await _map(searching, zoom=zoom, bbox=bbox))["clusters"]
        assert (only["lat"], only["lon"]) == (48.2082123456, 16.3738654321)
        assert only["bbox"] == [16.3738654321, 48.2082123456] * 2


async def test_the_url_is_the_one_that_search_gives(searching: Any) -> None:
    await searching.index(_at(searching.owner, 1, 1))
    [only] = (await _map(searching))["clusters"]
    [item] = (await searching.get("/search")).json()["items"]
    urls = [variant["url"] for variant in item["photo"]["variants"]]
    assert only["cover"]["thumbnail_url"] in urls


async def test_a_box_across_the_antimeridian_has_clusters_on_either_side(searching: Any) -> None:
    east, west, far = (
        _at(searching.owner, -17, 179.5), _at(searching.owner, -17, -179.5),
        _at(searching.owner, -17, 0),
    )  # fmt: skip
    await searching.index(east, west, far)
    clusters = (await _map(searching, bbox="178,-20,-178,-10", zoom=5))["clusters"]
    assert {each["cover"]["id"] for each in clusters} == {east.photo_id, west.photo_id}
    assert {each["lon"] for each in clusters} == {179.5, -179.5}
    world = (await _map(searching, zoom=0))["clusters"]
    assert sorted(each["count"] for each in world) == [1, 1, 1]


async def test_poles_and_antimeridian_are_on_the_map(searching: Any) -> None:
    corners = [(90, 180), (90, -180), (-90, 180), (-90, -180), (0, 0), (89.9, 12), (-89.9, 12)]
    await searching.index(*(_at(searching.owner, lat, lon) for lat, lon in corners))
    for zoom in (0, 3, 22):
        assert (await _map(searching, zoom=zoom))["total"] == len(corners)


async def test_filters_narrow_a_map_as_they_narrow_a_search(searching: Any) -> None:
    tag = Tag(name="Café", source="user")
    matching = _at(
        searching.owner, 48.2, 16.37, taken_at=NOON, favorite=True, rating=4, tags=(tag,),
        exif=Exif(camera="X-T5"),
    )  # fmt: skip
    other = _at(searching.owner, 48.2, 16.37, taken_at=NOON - timedelta(days=400))
    await searching.index(matching, other)
    assert (await _map(searching))["clusters"][0]["count"] == 2
    narrowings: list[dict[str, Any]] = [
        {"from_": "2024-05-01", "to": "2024-05-01"},
        {"near": "48.2,16.37,1", "favorite": "true"},
        {"camera": "x-t5"},
        {"tag": "cafe"},
        {"rating": 4},
    ]
    for narrowing in narrowings:
        [only] = (await _map(searching, **narrowing))["clusters"]
        assert (only["count"], only["cover"]["id"]) == (1, matching.photo_id), narrowing
    assert (await _map(searching, near="0,0,1"))["clusters"] == []


async def test_nothing_of_another_owner_is_on_the_map(searching: Any) -> None:
    """Neither in a count nor in a centre, a box or a cover, at the same spot or elsewhere."""
    other = new_id()
    mine = [_at(searching.owner, 48.2, 16.37, taken_at=NOON - timedelta(days=n)) for n in range(3)]
    theirs = [
        _at(other, lat, lon, taken_at=NOON + timedelta(days=9), rating=5, favorite=True)
        for lat, lon in ((48.2, 16.37), (48.3, 16.38), (-33.9, 151.2))
    ]
    await searching.index(*mine, *theirs)
    for zoom in (0, 3, 10):
        [only] = (await _map(searching, zoom=zoom))["clusters"]
        assert (only["count"], only["cover"]["id"]) == (3, mine[0].photo_id)
        assert only["bbox"] == pytest.approx([16.37, 48.2, 16.37, 48.2], abs=1e-6)
        foreign = (await _map(searching, other, zoom=zoom))["clusters"]
        assert sum(each["count"] for each in foreign) == 3
        assert {each["cover"]["id"] for each in foreign} <= {each.photo_id for each in theirs}
    assert (await _map(searching, new_id()))["clusters"] == []


async def test_any_view_has_exactly_the_owners_photos(searching: Any) -> None:
    """Two owners with photos at the same spots and at others, in random views."""
    rng = random.Random(15)
    owners = (searching.owner, new_id())
    spots = [(rng.uniform(-85, 85), rng.uniform(-180, 180)) for _ in range(12)]
    spots += [(48.2 + rng.gauss(0, 0.2), 16.4 + rng.gauss(0, 0.2)) for _ in range(20)]
    photos: dict[str, list[PhotoChanged]] = {
        owner: [
            _at(owner, lat, lon, taken_at=NOON + timedelta(minutes=rng.randrange(10**6)))
            for lat, lon in rng.choices(spots, k=40)
        ]
        for owner in owners
    }
    await searching.index(*photos[owners[0]], *photos[owners[1]])
    for _ in range(25):
        owner = rng.choice(owners)
        west, east = rng.uniform(-180, 180), rng.uniform(-180, 180)
        south, north = sorted((rng.uniform(-90, 90), rng.uniform(-90, 90)))
        if rng.random() < 0.5:
            west, south, east, north = 16.0, 47.8, 16.8, 48.6
        box = f"{west},{south},{east},{north}"
        body = await _map(searching, owner, bbox=box, zoom=rng.randrange(23))
        own = photos[owner]
        assert body["total"] == len(_inside(own, west, south, east, north))
        for cluster in body["clusters"]:
            among = _inside(own, *cluster["bbox"], by=1e-6)
            assert cluster["count"] == len(among)
            newest = max(among, key=lambda each: (each.taken_at, each.photo_id))
            assert cluster["cover"]["id"] == newest.photo_id


def _inside(
    photos: list[PhotoChanged],
    west: float,
    south: float,
    east: float,
    north: float,
    by: float = 0.0,
) -> list[PhotoChanged]:
    photos_inside = []
    for photo in photos:
        location = photo.location
        assert location is not None
        right, left = location.lon >= west - by, location.lon <= east + by
        across = (right and left) if west <= east else (right or left)
        if across and south - by <= location.lat <= north + by:
            photos_inside.append(photo)
    return photos_inside


async def test_unready_hidden_and_trashed_photos_are_on_no_map(searching: Any) -> None:
    hindrances: list[dict[str, Any]] = [
        {"status": "processing"}, {"status": "failed"}, {"trashed": True}, {"hidden": True},
    ]  # fmt: skip
    await searching.index(*(_at(searching.owner, 1, 1, **each) for each in hindrances))
    body = await _map(searching)
    assert (body["clusters"], body["total"]) == ([], 0)


async def test_a_photo_that_loses_its_position_leaves_the_map(searching: Any) -> None:
    photo = _at(searching.owner, 48.2, 16.37)
    await searching.index(photo)
    assert (await _map(searching))["total"] == 1
    await searching.index(photo.model_copy(update={"location": None, "version": 2}))
    assert (await _map(searching))["total"] == 0


async def test_the_whole_world_at_the_highest_zoom_has_a_bounded_number_of_clusters(
    searching: Any,
) -> None:
    photos = [
        _at(searching.owner, lat, lon) for lat in range(-80, 81, 4) for lon in range(-178, 179, 6)
    ]
    for first in range(0, len(photos), 300):
        await searching.index(*photos[first : first + 300])
    body = await _map(searching, zoom=22)
    assert body["total"] == len(photos) > MAX_CELLS
    assert len(body["clusters"]) <= MAX_CELLS


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"zoom": 3, "bbox": ""}, "empty_parameter"),
        ({"zoom": 3, "bbox": "1,2,3"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "1,2,3,4,5"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "0,10,10,-10"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "0,10,0,20"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "nan,nan,nan,nan"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "-1e999,0,0,1"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "-181,0,0,1"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "0,-91,1,1"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "a,b,c,d"}, "invalid_filter"),
        ({"zoom": 3, "bbox": "1," * 4000}, "invalid_filter"),
        ({"zoom": 3}, "invalid_request"),
        ({"bbox": WORLD}, "invalid_request"),
        ({"bbox": WORLD, "zoom": -1}, "invalid_request"),
        ({"bbox": WORLD, "zoom": 23}, "invalid_request"),
        ({"bbox": WORLD, "zoom": 10**30}, "invalid_request"),
        ({"bbox": WORLD, "zoom": "1.5"}, "invalid_request"),
        ({"bbox": WORLD, "zoom": "near"}, "invalid_request"),
        ({"bbox": WORLD, "zoom": 3, "tag": "***"}, "invalid_filter"),
    ],
)
async def test_invalid_parameters_are_rejected(
    searching: Any, params: dict[str, Any], code: str
) -> None:
    response = await searching.get("/map", **params)
    assert (response.status_code, response.json()["code"]) == (422, code), response.text


async def test_there_is_no_map_without_a_token(searching: Any) -> None:
    response = await searching.http.get("/api/v1/map", params={"bbox": WORLD, "zoom": 3})
    assert response.status_code == 401
