"""What searches find, on the real engine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import MODEL, changed_event, embedded_event, variant

from pichaven_chassis.ids import new_id
from pichaven_contracts.api import Photo
from pichaven_contracts.photo import Colour, Exif, Location, PhotoChanged, Tag
from pichaven_search.retrieval.facets import FACET_NAMES
from pichaven_search.retrieval.schemas import SearchPage
from pichaven_search.similar.schemas import SimilarPhotos

pytestmark = pytest.mark.engines

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
VIENNA = Location(lat=48.2, lon=16.37, city="Wien", country="Österreich")
VARIANTS = tuple(
    variant(name, image_format)
    for name, formats in {
        "150": ("jpeg", "avif"),
        "400": ("jpeg", "avif"),
        "800": ("jpeg", "avif"),
        "1920": ("jpeg", "webp"),
    }.items()
    for image_format in formats
)
"""As processing makes them of a large picture."""
FIJI_EAST = Location(lat=-17.0, lon=179.5)
FIJI_WEST = Location(lat=-17.0, lon=-179.5)


def _user(*names: str) -> tuple[Tag, ...]:
    return tuple(Tag(name=name, source="user") for name in names)


def _ai(name: str, confidence: float = 0.8) -> Tag:
    return Tag(name=name, source="ai", confidence=confidence)


@pytest.mark.parametrize(
    ("fields", "query", "matched_field"),
    [
        ({"caption": "Sunset over the lake"}, "sunset", "caption"),
        ({"caption": "Sunsets"}, "SUNSET lake", None),
        ({"tags": _user("Birthday Cake")}, "cakes", "tags"),
        ({"tags": (_ai("bicycle"),)}, "bicycles", "tags"),
        ({"filename": "DSC01234.ARW"}, "01234", "filename"),
        ({"exif": Exif(camera="FUJIFILM X-T5")}, "fujifilm", "camera"),
        ({"location": VIENNA}, "osterreich wien", "place"),
        ({"caption": "京都の桜"}, "桜", "caption"),
        ({"caption": "京都の桜"}, "京都", "caption"),
        ({"caption": "Grandmother's mountains"}, "mountians", "caption"),
    ],
)
async def test_a_word_matches_in_each_text_field_and_the_hit_names_the_field(
    searching: Any, fields: dict[str, Any], query: str, matched_field: str | None
) -> None:
    photo = changed_event(owner_id=searching.owner, **fields)
    await searching.index(photo, changed_event(owner_id=searching.owner, caption="something else"))
    answer = (await searching.get("/search", q=query)).json()
    if matched_field is None:
        assert answer["items"] == []
    else:
        [item] = answer["items"]
        assert item["photo"]["id"] == photo.photo_id
        assert item["matched"]["text"] == [matched_field]
        assert 0 < item["score"] <= 1


async def test_all_words_are_required_across_all_fields(searching: Any) -> None:
    both = changed_event(owner_id=searching.owner, caption="the dog", tags=_user("beach"))
    one = changed_event(owner_id=searching.owner, caption="the dog")
    await searching.index(both, one)
    assert await searching.ids(q="a dog on the beach") == [both.photo_id]


async def test_pictures_are_found_by_what_they_show_and_say_how_sure(searching: Any) -> None:
    sunset, horse = changed_event(owner_id=searching.owner), changed_event(owner_id=searching.owner)
    await searching.index(
        sunset, horse, embedded_event(sunset, "sunset beach"), embedded_event(horse, "horse meadow")
    )
    answer = (await searching.get("/search", q="sunset")).json()
    [item] = answer["items"]
    assert item["photo"]["id"] == sunset.photo_id
    assert item["matched"]["text"] == []
    assert item["matched"]["visual"] > 0.9
    assert answer["total"] == 1
    assert answer["model"] == "words-64"
    assert answer["degraded"] == []


async def test_what_is_not_in_the_library_gives_nothing(searching: Any) -> None:
    photos = [changed_event(owner_id=searching.owner, caption=f"horse {n}") for n in range(20)]
    await searching.index(*photos, *(embedded_event(photo, "horse meadow") for photo in photos))
    for query in ("giraffe", "house", "qzx", "helicopter at night", "!!!"):
        answer = (await searching.get("/search", q=query, facets="tags")).json()
        assert (answer["items"], answer["total"]) == ([], 0), query
        assert answer["facets"] == {"tags": []}


async def test_photos_of_both_sides_come_before_those_of_one(searching: Any) -> None:
    both, lexical, vector = (
        changed_event(owner_id=searching.owner, caption=caption)
        for caption in ("sunset", "sunset", None)
    )
    await searching.index(
        both,
        lexical,
        vector,
        embedded_event(both, "sunset"),
        embedded_event(vector, "sunset sea beach"),
    )
    assert await searching.ids(q="sunset") == [both.photo_id, lexical.photo_id, vector.photo_id]


async def test_without_a_question_the_newest_come_first_page_by_page(searching: Any) -> None:
    photos = [
        changed_event(owner_id=searching.owner, taken_at=NOON + timedelta(hours=n // 3))
        for n in range(25)
    ]
    await searching.index(*photos)
    ordered = sorted(photos, key=lambda each: (each.taken_at, each.photo_id), reverse=True)
    pages = await searching.pages(limit=7)
    assert [each for page in pages for each in page] == [each.photo_id for each in ordered]
    assert [len(page) for page in pages] == [7, 7, 7, 4]


async def test_filters_narrow_both_sides(searching: Any) -> None:
    def photo(**fields: Any) -> PhotoChanged:
        return changed_event(owner_id=searching.owner, **fields)

    wanted = photo(
        taken_at=NOON, favorite=True, rating=4, tags=_user("Café"), location=VIENNA,
        exif=Exif(camera="X-T5"),
    )  # fmt: skip
    other = photo(taken_at=NOON - timedelta(days=400), tags=_user("bar"))
    await searching.index(
        wanted, other, embedded_event(wanted, "sunset"), embedded_event(other, "sunset")
    )
    assert len(await searching.ids(q="sunset")) == 2
    filters: list[dict[str, Any]] = [
        {"from_": "2024-05-01", "to": "2024-05-01"},
        {"near": "48.21,16.37,10"},
        {"bbox": "16,48,17,49"},
        {"camera": "x-t5"},
        {"tag": "cafe"},
        {"favorite": "true"},
        {"rating": 4},
    ]
    for params in filters:
        assert await searching.ids(q="sunset", **params) == [wanted.photo_id], params
        assert await searching.ids(**params) == [wanted.photo_id], params
    assert await searching.ids(q="sunset", favorite="false") == [other.photo_id]
    assert await searching.ids(q="sunset", to="2024-04-30") == [other.photo_id]


async def test_a_box_may_cross_the_antimeridian(searching: Any) -> None:
    east, west, far = (
        changed_event(owner_id=searching.owner, location=place)
        for place in (FIJI_EAST, FIJI_WEST, VIENNA)
    )
    await searching.index(east, west, far)
    assert set(await searching.ids(bbox="179,-20,-179,-10")) == {east.photo_id, west.photo_id}
    assert await searching.ids(bbox="-180,-20,-179,-10") == [west.photo_id]


async def test_facets_count_the_results_on_the_first_page_alone(searching: Any) -> None:
    photos = [
        changed_event(
            owner_id=searching.owner,
            caption="lake",
            tags=_user("sea") if n < 2 else (),
            exif=Exif(camera="X-T5" if n else None),
            taken_at=NOON + timedelta(days=31 * n),
        )
        for n in range(3)
    ]
    await searching.index(*photos, changed_event(owner_id=searching.owner, tags=_user("other")))
    query = {"q": "lake", "limit": 2, "facets": ",".join(FACET_NAMES)}
    first = (await searching.get("/search", **query)).json()
    assert first["facets"] == {
        "tags": [{"value": "sea", "count": 2}],
        "cameras": [{"value": "X-T5", "count": 2}],
        "months": [
            {"value": "2024-07", "count": 1},
            {"value": "2024-06", "count": 1},
            {"value": "2024-05", "count": 1},
        ],
        "types": [{"value": "image/jpeg", "count": 3}],
        "cities": [],
        "regions": [],
        "countries": [],
        "orientations": [{"value": "landscape", "count": 3}],
        "colors": [],
    }
    assert first["total"] == 3
    second = (await searching.get("/search", **query, cursor=first["next_cursor"])).json()
    assert second["facets"] is None
    assert second["total"] == 3
    assert second["next_cursor"] is None


async def test_only_the_facets_that_are_named_are_counted(searching: Any) -> None:
    await searching.index(
        changed_event(owner_id=searching.owner, caption="lake", tags=_user("sea"))
    )

    async def facets(**query: str) -> Any:
        return (await searching.get("/search", **query)).json()["facets"]

    tags, types = [{"value": "sea", "count": 1}], [{"value": "image/jpeg", "count": 1}]
    for question in ({"q": "lake"}, {}):
        assert await facets(**question) is None
        assert await facets(**question, facets="") is None
        assert await facets(**question, facets="types,tags") == {"types": types, "tags": tags}


async def test_a_response_has_the_variants_that_are_named(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake", variants=VARIANTS)
    near = changed_event(owner_id=searching.owner, caption="hill", variants=VARIANTS)
    await searching.index(photo, near, embedded_event(photo, "sea"), embedded_event(near, "sea"))
    own = {"q": "lake"}
    chosen: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["400.jpeg"]),
        ({"format": "avif"}, ["400.avif"]),
        ({"variants": "1920, 400"}, ["1920.webp", "400.jpeg"]),
        ({"variants": "400,1920", "format": "avif,jpeg"}, ["400.avif", "1920.jpeg"]),
        ({"variants": "150,150"}, ["150.jpeg"]),
        ({"variants": ""}, []),
    ]
    for query, names in chosen:
        answers = [
            (await searching.get("/search", **own, **query)).json()["items"][0]["photo"],
            (await searching.get("/search", **query)).json()["items"][0]["photo"],
            (await searching.get(f"/photos/{near.photo_id}/similar", **query)).json()["items"][0][
                "photo"
            ],
        ]
        for fields in answers:
            variants = fields["variants"]
            assert [f"{each['name']}.{each['format']}" for each in variants] == names, query
            for each in variants:
                assert f"/{each['name']}.{each['format']}?" in each["url"]


async def test_a_variant_keeps_its_url_however_it_is_chosen(searching: Any) -> None:
    await searching.index(changed_event(owner_id=searching.owner, variants=VARIANTS))

    async def urls(**query: str) -> set[str]:
        [item] = (await searching.get("/search", **query)).json()["items"]
        return {variant["url"] for variant in item["photo"]["variants"]}

    assert await urls() < await urls(variants="150,400,800,1920")


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        ("variants", "400,large"),
        ("variants", "original"),
        ("format", "gif"),
        ("facets", "tags,sum"),
    ],
)
async def test_an_unknown_name_is_refused_with_its_parameter(
    searching: Any, parameter: str, text: str
) -> None:
    answer = await searching.get("/search", **{parameter: text})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "unknown_name")
    assert [each["path"] for each in problem["errors"]] == [f"query.{parameter}"]


async def test_pages_of_a_question_neither_repeat_nor_skip_while_photos_are_added(
    searching: Any,
) -> None:
    photos = [
        changed_event(
            owner_id=searching.owner, caption="lake", taken_at=NOON + timedelta(hours=n % 5)
        )
        for n in range(40)
    ]
    await searching.index(
        *photos,
        *(embedded_event(photo, "lake" + " tree" * (n % 3)) for n, photo in enumerate(photos)),
    )
    whole = await searching.ids(q="lake", limit=100)
    page_ids: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = (await searching.get("/search", q="lake", limit=6, cursor=cursor)).json()
        page_ids += [item["photo"]["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        added = changed_event(owner_id=searching.owner, caption="lake")
        await searching.index(added, embedded_event(added, "lake"))
    assert len(page_ids) == len(set(page_ids))
    assert [each for each in page_ids if each in set(whole)] == whole


async def test_while_ml_is_away_words_answer_and_say_so(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake")
    await searching.index(photo, embedded_event(photo, "lake"))
    searching.encoder.away = True
    answer = (await searching.get("/search", q="lake")).json()
    assert [item["photo"]["id"] for item in answer["items"]] == [photo.photo_id]
    assert answer["items"][0]["matched"] == {"text": ["caption"], "visual": None}
    assert answer["degraded"] == ["visual"]


async def test_without_a_calibration_there_are_no_vector_hits(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner)
    await searching.index(photo, embedded_event(photo, "lake"))
    searching.encoder.current = replace(MODEL, calibration=None)
    answer = (await searching.get("/search", q="lake")).json()
    assert (answer["items"], answer["degraded"]) == ([], ["visual"])


async def test_results_are_photos_as_clients_know_them(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake", location=VIENNA)
    await searching.index(photo)
    [item] = (await searching.get("/search", q="lake")).json()["items"]
    fields = item["photo"]
    assert fields["caption"] == "lake"
    assert fields["location"]["city"] == "Wien"
    [variant] = fields["variants"]
    assert variant["url"].startswith("http://photos.test/pichaven-media/derived/x/400.webp?")
    assert "key" not in variant
    assert "X-Amz-Signature" in fields["original_url"]
    assert "original_key" not in fields


async def test_responses_are_what_the_schemas_say(searching: Any) -> None:
    photo = changed_event(
        owner_id=searching.owner,
        caption="lake",
        location=VIENNA,
        tags=(*_user("sea"), _ai("boat")),
        exif=Exif(camera="X-T5", iso=200),
        palette=(Colour(hex="#4682b4", share=0.9),),
    )
    other = changed_event(owner_id=searching.owner, caption="lake")
    await searching.index(
        photo, other, embedded_event(photo, "lake"), embedded_event(other, "lake")
    )
    answers = [
        (await searching.get("/search", q="lake tag:sea", limit=1), SearchPage),
        (await searching.get(f"/photos/{other.photo_id}/similar"), SimilarPhotos),
    ]
    for answer, schema in answers:
        [item] = schema.model_validate(answer.json(), strict=False).items
        assert item.photo.id == photo.photo_id
        keys = Photo.model_fields.keys() - {"failure", "analysis", "trashed_at"}
        assert answer.json()["items"][0]["photo"].keys() == keys


async def test_unready_hidden_and_trashed_photos_are_not_there(searching: Any) -> None:
    hindrances: list[dict[str, Any]] = [
        {"status": "processing"}, {"status": "failed"}, {"trashed": True}, {"hidden": True},
    ]  # fmt: skip
    photos = [
        changed_event(owner_id=searching.owner, caption="lake", **each) for each in hindrances
    ]
    await searching.index(*photos, *(embedded_event(photo, "lake") for photo in photos))
    assert await searching.ids(q="lake") == []
    assert await searching.ids() == []
    for photo in photos:
        assert (await searching.get(f"/photos/{photo.photo_id}/similar")).status_code == 404
    back = photos[2].model_copy(update={"trashed": False, "version": 2})
    await searching.index(back)
    assert await searching.ids(q="lake") == [back.photo_id]


async def test_similar_photos_come_with_their_likeness_and_without_the_photo(
    searching: Any,
) -> None:
    shows = ["sunset beach", "sunset beach", "sunset sea", "horse meadow"]
    photos = [changed_event(owner_id=searching.owner) for _ in shows]
    await searching.index(
        *photos, *(embedded_event(photo, text) for photo, text in zip(photos, shows, strict=True))
    )
    answer = (await searching.get(f"/photos/{photos[0].photo_id}/similar", limit=2)).json()
    assert [item["photo"]["id"] for item in answer["items"]] == [
        photos[1].photo_id,
        photos[2].photo_id,
    ]
    assert answer["items"][0]["score"] == pytest.approx(1, abs=1e-3)
    assert answer["items"][1]["score"] < 0.9
    assert answer["reason"] is None


async def test_a_photo_without_an_embedding_has_no_similar_ones_yet(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner)
    await searching.index(photo)
    answer = (await searching.get(f"/photos/{photo.photo_id}/similar")).json()
    assert (answer["items"], answer["reason"]) == ([], "not_analyzed")


async def test_suggestions_mix_kinds_with_counts(searching: Any) -> None:
    photos = [
        changed_event(
            owner_id=searching.owner,
            filename=f"Cabin_{n}.jpg",
            caption="candles",
            tags=_user("Birthday Cake"),
            exif=Exif(camera="Canon EOS R5"),
            location=Location(lat=0, lon=0, city="Cádiz", country="España"),
        )
        for n in range(2)
    ]
    await searching.index(
        *photos, changed_event(owner_id=searching.owner, tags=_user("Birthday Cake"))
    )
    answer = (await searching.get("/search/suggest", q="ca")).json()
    assert answer["items"][0] == {"text": "Birthday Cake", "kind": "tag", "count": 3}
    assert {(item["kind"], item["text"]) for item in answer["items"]} == {
        ("tag", "Birthday Cake"),
        ("place", "Cádiz"),
        ("camera", "Canon EOS R5"),
        ("caption", "candles"),
        ("file", "Cabin_0.jpg"),
        ("file", "Cabin_1.jpg"),
    }
    months = (await searching.get("/search/suggest", q="may 20")).json()["items"]
    assert months == [{"text": "2024-05", "kind": "month", "count": 3}]
    for nothing in ("", ".*", "zzz"):
        assert (await searching.get("/search/suggest", q=nothing)).json()["items"] == []


async def test_nobody_finds_anything_of_another_owner(searching: Any) -> None:
    other = new_id()
    mine = changed_event(
        owner_id=searching.owner, caption="lake", tags=_user("mine"), filename="m.jpg"
    )
    theirs = changed_event(
        owner_id=other, caption="lake secret", tags=_user("theirs"), location=VIENNA
    )
    await searching.index(
        mine, theirs, embedded_event(mine, "lake"), embedded_event(theirs, "lake")
    )
    for owner, own, foreign in ((searching.owner, mine, theirs), (other, theirs, mine)):
        for params in ({}, {"q": "lake"}, {"near": "48.2,16.37,20000"}):
            answer = (await searching.get("/search", owner, **params, facets="tags")).json()
            ids = {item["photo"]["id"] for item in answer["items"]}
            assert foreign.photo_id not in ids
            assert answer["total"] == len(ids) <= 1
            assert all(
                facet["value"] not in {tag.name for tag in foreign.tags}
                for facet in answer["facets"]["tags"]
            )
        [similar] = [await searching.get(f"/photos/{own.photo_id}/similar", owner)]
        assert similar.json()["items"] == []
        assert (
            await searching.get(f"/photos/{foreign.photo_id}/similar", owner)
        ).status_code == 404
    assert (await searching.get("/search/suggest", q="the")).json()["items"] == []
    assert (await searching.get("/search/suggest", q="secret")).json()["items"] == []
