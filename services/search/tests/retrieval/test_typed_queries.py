"""What people type into the one box, on the real engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import changed_event, embedded_event, text_read_event

from pichaven_contracts.photo import Colour, Exif, Location, PhotoChanged, Tag
from pichaven_search.query_language.query import MAX_QUERY_LENGTH

pytestmark = pytest.mark.engines

WIEN = Location(lat=48.2, lon=16.37, city="Wien", region="Wien", country="Österreich")
NEW_YORK = Location(
    lat=40.7, lon=-74.0, city="New York City", region="New York", country="United States"
)


TIMES = ("taken_at", "taken_at_local", "taken_at_offset", "taken_at_source")


def _day(year: int, month: int, day: int = 15) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def _tags(*names: str) -> tuple[Tag, ...]:
    return tuple(Tag(name=name, source="user") for name in names)


@pytest.fixture
def photo(searching: Any) -> Any:
    def make(**fields: Any) -> PhotoChanged:
        return changed_event(owner_id=searching.owner, **fields)

    return make


async def _library(searching: Any, photo: Any) -> dict[str, str]:
    """Names of photos, by their ids."""
    photos = {
        "wien": photo(
            caption="red car at the lake",
            tags=_tags("Dog", "new york"),
            exif=Exif(camera="FUJIFILM X-T5", lens="XF35mmF1.4 R"),
            location=WIEN,
            taken_at=_day(2024, 5),
            favorite=True,
            rating=5,
            width=600,
            height=900,
            palette=(Colour(hex="#d01010", share=0.5),),
        ),
        "york": photo(
            caption="car that is red",
            tags=_tags("cat", "hot dog"),
            exif=Exif(camera="Canon EOS R6 Mark II", lens="RF50mm F1.8 STM"),
            location=NEW_YORK,
            taken_at=_day(2022, 7),
            content_type="image/x-canon-cr3",
            rating=3,
        ),
        "bare": photo(caption="lake", taken_at=_day(2023, 12, 25), content_type="image/heic"),
    }
    await searching.index(*photos.values())
    return {each.photo_id: name for name, each in photos.items()}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("tag:dog", "wien"),
        ('tag:"hot dog"', "york"),
        ("tag:dog,cat", "wien york"),
        ('tag:dog tag:"new york"', "wien"),
        ("-tag:dog", "york bare"),
        ("camera:fujifilm", "wien"),
        ("camera:x-t5", "wien"),
        ('camera:"eos r6"', "york"),
        ("camera:eos", "york"),
        ("camera:eo", ""),
        ("lens:xf35mmf1.4", "wien"),
        ("lens:canon", ""),
        ("-camera:canon", "wien bare"),
        ("place:wien", "wien"),
        ("place:osterreich", "wien"),
        ('place:"new york"', "york"),
        ('place:"york united"', ""),
        ("-place:wien", "york bare"),
        ("type:raw", "york"),
        ("type:heif", "bare"),
        ("type:raw,heic", "york bare"),
        ("-type:raw", "wien bare"),
        ("is:favorite", "wien"),
        ("-is:favorite", "york bare"),
        ("is:portrait", "wien"),
        ("is:landscape", "york bare"),
        ("is:square", ""),
        ("color:red", "wien"),
        ("rating:>=4", "wien"),
        ("rating:3", "york"),
        ("rating:<5", "york"),
        ("-rating:>=4", "york bare"),
        ("before:2023", "york"),
        ("after:2023", "wien"),
        ('after:"summer 2022" before:2024-05', "bare"),
        ("may 2024", "wien"),
        ("summer 2022", "york"),
        ("christmas 2023", "bare"),
        ("photos of christmas 2023", "bare"),
        ("2022 2023", "york bare"),
        ("december", "bare"),
        ("-2024", "york bare"),
        ("lake 2024", "wien"),
        ("lake", "wien bare"),
        ("lake -car", "bare"),
        ("lake -cars", "bare"),
        ("-lake", "york"),
        ('"red car"', "wien"),
        ('"Red  CAR"', "wien"),
        ('"car red"', ""),
        ('"red cars"', ""),
        ('-"red car"', "york bare"),
        ('"dog new york"', ""),
        ('"new york"', "wien york"),
        ("red car", "wien york"),
        ("in:holidays lake", "wien bare"),
        ("lake is:purple", "wien bare"),
        ("tag: lake", "wien bare"),
    ],
)
async def test_what_is_typed_narrows(searching: Any, photo: Any, q: str, expected: str) -> None:
    names = await _library(searching, photo)
    matching = [names[each] for each in await searching.ids(q=q)]
    assert sorted(matching) == sorted(expected.split())


async def test_parameters_narrow_as_fields_do(searching: Any, photo: Any) -> None:
    names = await _library(searching, photo)
    for params, expected in (
        ({"place": "Wien"}, {"wien"}),
        ({"place": ["wien", "United States"]}, {"wien", "york"}),
        ({"place": "york"}, set()),
        ({"type": "raw"}, {"york"}),
        ({"type": ["image/heic", "jpeg"]}, {"wien", "bare"}),
        ({"orientation": "portrait"}, {"wien"}),
        ({"orientation": ["portrait", "square"], "q": "-tag:dog"}, set()),
        ({"q": "lake", "type": "jpg"}, {"wien"}),
    ):
        assert {names[each] for each in await searching.ids(**params)} == expected, params


async def test_the_answer_shows_what_was_understood(searching: Any, photo: Any) -> None:
    await _library(searching, photo)
    answer = (await searching.get("/search", q="é car -tag:dog in:x may 2024")).json()
    assert answer["understood"] == [
        {
            "kind": "tag", "text": "-tag:dog", "value": "dog", "start": 6, "end": 14,
            "label": "not tag: dog", "negated": True, "known": True,
        },
        {
            "kind": "album", "text": "in:x", "value": "x", "start": 15, "end": 19,
            "label": "album: x", "negated": False, "known": False,
        },
        {
            "kind": "date", "text": "may 2024", "value": "2024-05-01/2024-05-31", "start": 20,
            "end": 28, "label": "May 2024", "negated": False, "known": True,
        },
    ]  # fmt: skip
    literal = (await searching.get("/search", q="tag:dog", literal="true")).json()
    assert (literal["understood"], literal["items"]) == ([], [])
    assert (await searching.get("/search")).json()["understood"] == []


async def test_days_are_those_on_the_spot_for_every_viewer(searching: Any, photo: Any) -> None:
    tokyo = photo(
        taken_at=datetime(2023, 12, 31, 15, 30, tzinfo=UTC),
        taken_at_local=datetime(2024, 1, 1, 0, 30),
        taken_at_offset="+09:00",
        taken_at_source="gps",
    )
    # As events were before they had wall times.
    older = photo(taken_at=datetime(2023, 12, 31, 23, 30, tzinfo=UTC))
    await searching.index(tokyo, older)
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        for params in (
            {"q": "2024-01-01"}, {"q": "january 2024"}, {"q": "january"}, {"q": "since 2024"},
            {"from_": "2024-01-01", "to": "2024-01-01"}, {"from_": "2024-01-01T00:30"},
        ):  # fmt: skip
            assert await searching.ids(**params, tz=zone) == [tokyo.photo_id], params
        for params in ({"q": "2023"}, {"to": "2023-12-31"}, {"from_": "2023-12-31T16:00Z"}):
            assert await searching.ids(**params, tz=zone) == [older.photo_id], params
    page = (await searching.get("/search", q="2024", facets="months")).json()
    assert page["facets"]["months"] == [{"value": "2024-01", "count": 1}]
    assert {name: page["items"][0]["photo"][name] for name in TIMES} == {
        "taken_at": "2023-12-31T15:30:00Z",
        "taken_at_local": "2024-01-01T00:30:00",
        "taken_at_offset": "+09:00",
        "taken_at_source": "gps",
    }
    [item] = (await searching.get("/search", q="2023")).json()["items"]
    assert item["photo"]["taken_at_local"] == "2023-12-31T23:30:00"
    # The newest instant comes first.
    assert await searching.ids() == [older.photo_id, tokyo.photo_id]


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "Europe", "\0", "é", "x" * 64])
async def test_a_zone_that_is_none_is_named(searching: Any, zone: str) -> None:
    answer = await searching.get("/search", q="today", tz=zone)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_filter")


async def test_the_last_days_are_counted_from_now(searching: Any, photo: Any) -> None:
    now = datetime.now(UTC)
    new, old = photo(taken_at=now - timedelta(days=3)), photo(taken_at=now - timedelta(days=30))
    await searching.index(new, old)
    assert await searching.ids(q="last 7 days") == [new.photo_id]


async def test_negated_words_and_dates_are_not_embedded(searching: Any, photo: Any) -> None:
    lake, horse = photo(taken_at=_day(2024, 5)), photo(taken_at=_day(2024, 5))
    await searching.index(lake, horse, embedded_event(lake, "lake"), embedded_event(horse, "horse"))
    answer = (await searching.get("/search", q="lake -horse may 2024")).json()
    [item] = answer["items"]
    assert item["photo"]["id"] == lake.photo_id
    assert item["matched"]["visual"] > 0.9


async def test_negated_words_and_phrases_filter_vector_hits_too(searching: Any, photo: Any) -> None:
    plain, captioned = photo(), photo(caption="the old boats")
    await searching.index(
        plain, captioned, embedded_event(plain, "lake"), embedded_event(captioned, "lake")
    )
    assert set(await searching.ids(q="lake")) == {plain.photo_id, captioned.photo_id}
    assert await searching.ids(q="lake -boat") == [plain.photo_id]
    assert await searching.ids(q='lake "old boats"') == [captioned.photo_id]
    assert await searching.ids(q='"lake"') == []
    assert await searching.ids(q='lake -"old boats"') == [plain.photo_id]


async def test_text_in_the_picture_is_a_matched_field_of_its_own(
    searching: Any, photo: Any
) -> None:
    sign, other = photo(), photo()
    text = text_read_event(sign, "Hauptbahnhof Süd\nGleis 7")
    await searching.index(
        sign, other, text, embedded_event(sign, "street"), embedded_event(other, "street")
    )
    for q in ("hauptbahnhof", "SUD gleis", "hauptbanhof", '"Gleis 7"', "gleise"):
        [item] = (await searching.get("/search", q=q)).json()["items"]
        assert item["photo"]["id"] == sign.photo_id, q
        assert item["matched"] == {"text": ["ocr"], "visual": None}
        assert item["score"] <= 0.75
    assert await searching.ids(q="-gleis") == [other.photo_id]


@pytest.mark.parametrize(
    ("caption", "query"),
    [
        ("Straße am Müllerhaus", "strasse"),
        ("Häuser", "Haus"),
        ("Mueller", "Müller"),
        ("Sonnenuntergänge", "sonnenuntergang"),
        ("zamków", "zamkow"),
        ("Łódź", "lodz"),
        ("hundarna på stranden", "hund"),
        ("hunder på fjellet", "fjell"),
        ("koirat järvellä", "koira"),
        ("Tromsø", "tromso"),
        ("собаками", "собака"),
        ("ёлка", "елки"),
        ("θάλασσες", "θαλασσα"),
        ("Þingvellir", "thingvellir"),
        ("plages", "plage"),
        ("niños", "nino"),
        ("città", "citta"),
        ("corações", "coracao"),
        ("京都の桜", "桜"),
        ("京都の桜", "京都"),
        ("我的猫在床上", "猫"),
        ("サクラ", "ｻｸﾗ"),
        ("서울타워", "서울"),
    ],
)
async def test_forms_of_words_find_each_other(
    searching: Any, photo: Any, caption: str, query: str
) -> None:
    wanted = photo(caption=caption)
    await searching.index(wanted, photo(caption="something else"))
    assert await searching.ids(q=query) == [wanted.photo_id]


@pytest.mark.parametrize(
    "q",
    [
        *('"' * MAX_QUERY_LENGTH, "-" * MAX_QUERY_LENGTH, ":" * MAX_QUERY_LENGTH, "-a " * 166),
        *('"a b" ' * 83, "tag:a " * 83, "-tag:a " * 71, "2019 " * 100, "may 2024 " * 55),
        *(
            "color:red " * 50,
            "december " * 55,
            'tag:"\0" x',
            "place:*",
            "camera:/.*/",
            "tag:[* TO *]",
        ),
        *("before:" + "9" * 300, "rating:99999999999999999999", "after:2024-99-99", "type:" * 100),
        *("in:" * 160, "-(a+)+$ " * 60, "\U0001f600-\U0001f600 ", "tag:,,,,", "-京都の桜 " * 60),
    ],
)
async def test_whatever_is_typed_there_is_an_answer(searching: Any, photo: Any, q: str) -> None:
    await searching.index(photo(caption="lake"))
    answer = await searching.get("/search", q=q)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"q": '"' * 10_000}, "query_too_long"),
        ({"q": "-" * 10_000, "literal": "true"}, "query_too_long"),
        ({"literal": "perhaps"}, "invalid_request"),
        ({"type": "banana"}, "invalid_filter"),
        ({"place": "***"}, "invalid_filter"),
        ({"orientation": "upside-down"}, "invalid_request"),
        ({"tz": "x" * 100}, "invalid_request"),
    ],
)
async def test_parameters_that_cannot_be_read_are_named(
    searching: Any, params: dict[str, str], code: str
) -> None:
    answer = await searching.get("/search", **params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
