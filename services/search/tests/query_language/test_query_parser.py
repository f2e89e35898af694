"""What a query is understood to mean, and what is left of its text."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pichaven_search.query_language.errors import QueryTooLong
from pichaven_search.query_language.filters import Filters, NameMatch
from pichaven_search.query_language.query import MAX_QUERY_LENGTH
from pichaven_search.query_language.query_parser import (
    MAX_PARTS,
    ParsedQuery,
    QueryPart,
    parse_query,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
UNTIMED = frozenset({"date", "before", "after", "since"})


def _parse(q: str, zone: str = "UTC", *, literal: bool = False) -> ParsedQuery:
    return parse_query(q, now=NOW, zone=ZoneInfo(zone), literal=literal)


def _text(q: str) -> str | None:
    query = _parse(q).query
    return query.text if query else None


def _one(q: str) -> QueryPart:
    [part] = _parse(q).parts
    return part


def test_plain_words_become_a_text_query_without_filters_or_parts() -> None:
    parsed = _parse("  a dog, on the\tbeach! ")
    assert parsed.query is not None
    assert parsed.query.text == "a dog, on the beach!"
    assert [word.term for word in parsed.query.words] == ["dog", "beach"]
    assert (parsed.filters, parsed.parts) == (Filters(), ())


def test_each_part_says_from_which_characters_it_was_read() -> None:
    q = '\U0001f415 tag:"new york" é last summer -cat "red car"'
    parsed = _parse(q)
    assert [(part.kind, part.text, part.negated) for part in parsed.parts] == [
        ("tag", 'tag:"new york"', False),
        ("date", "last summer", False),
        ("word", "-cat", True),
        ("phrase", '"red car"', False),
    ]
    for part in parsed.parts:
        assert q[part.start : part.end] == part.text
    assert _text(q) == "\U0001f415 é red car"


@pytest.mark.parametrize(
    ("q", "kind", "value", "filters"),
    [
        ("tag:Dog", "tag", "dog", Filters(tags=("dog",))),
        ("TAG:dog", "tag", "dog", Filters(tags=("dog",))),
        ("tag：dog", "tag", "dog", Filters(tags=("dog",))),
        ('tag:"New  York"', "tag", "new york", Filters(tags=("new york",))),
        ("tag:“new york”", "tag", "new york", Filters(tags=("new york",))),
        (
            "tag:dog,cat",
            "tag",
            "dog,cat",
            Filters(any_of=(Filters(tags=("dog",)), Filters(tags=("cat",)))),
        ),
        ('tag:"dog,cat"', "tag", "dog cat", Filters(tags=("dog cat",))),
        ("camera:X-T5", "camera", "x t5", Filters(name_matches=(NameMatch("camera", "x t5"),))),
        ("lens:35mm", "lens", "35mm", Filters(name_matches=(NameMatch("lens", "35mm"),))),
        ("place:Köln", "place", "koln", Filters(name_matches=(NameMatch("place", "koln"),))),
        ("type:jpg", "type", "jpg", Filters(types=("image/jpeg",))),
        ("type:image/heic", "type", "image/heic", Filters(types=("image/heic",))),
        ("is:favorite", "favorite", "true", Filters(favorite=True)),
        ("is:favourite", "favorite", "true", Filters(favorite=True)),
        ("is:portrait", "orientation", "portrait", Filters(orientations=("portrait",))),
        ("color:grey", "color", "gray", Filters(colors=("gray",))),
        ("colour:#FFF", "color", "#ffffff", Filters(colors=("#ffffff",))),
        ("rating:>=4", "rating", ">=4", Filters(min_rating=4)),
        ("rating:4+", "rating", ">=4", Filters(min_rating=4)),
        ("rating:4", "rating", "=4", Filters(min_rating=4, max_rating=4)),
        ("rating:<3", "rating", "<3", Filters(max_rating=2)),
        ("before:2024", "before", "2024-01-01", Filters(before=datetime(2024, 1, 1))),
        ("before:2024-05-01", "before", "2024-05-01",
         Filters(before=datetime(2024, 5, 1))),
        ("after:2024-05", "after", "2024-05-31", Filters(since=datetime(2024, 6, 1))),
        ('after:"may 2024"', "after", "2024-05-31",
         Filters(since=datetime(2024, 6, 1))),
        ("since 2019", "since", "2019-01-01", Filters(since=datetime(2019, 1, 1))),
        ("december", "date", "--12", Filters(month=12)),
        (
            "may 2024",
            "date",
            "2024-05-01/2024-05-31",
            Filters(
                since=datetime(2024, 5, 1), before=datetime(2024, 6, 1)
            ),
        ),
        ('"Red Cars"', "phrase", "red cars", Filters(phrases=(("red", "cars"),))),
        ("«Red Cars»", "phrase", "red cars", Filters(phrases=(("red", "cars"),))),
    ],
)  # fmt: skip
def test_a_part_becomes_a_filter(q: str, kind: str, value: str, filters: Filters) -> None:
    part = _one(q)
    assert (part.kind, part.value, part.known, part.negated) == (kind, value, True, False)
    assert (part.start, part.end) == (0, len(q))
    assert _parse(q).filters == filters
    negated = _one(f"-{q}") if " " not in q or '"' in q else None
    if negated is not None and kind not in UNTIMED:
        assert (negated.kind, negated.negated) == (kind, True)
        assert _parse(f"-{q}").filters == Filters(none_of=(filters,))


@pytest.mark.parametrize(
    "q",
    [
        *("tag:", 'tag:""', "tag:***", "type:banana", "is:purple", "color:blurple", "rating:many"),
        *("rating:9", "before:soon", "after:", "in:holidays", 'in:"our wedding"', "-is:purple"),
        *("tag:dog,***", "type:jpg,banana", "before:9999-12-31", "after:0001-01-01"),
    ],
)
def test_an_unknown_value_is_a_part_that_is_not_known_and_filters_nothing(q: str) -> None:
    parsed = _parse(f"dog {q}")
    [part] = parsed.parts
    assert not part.known
    assert part.text == q
    assert parsed.filters == Filters()
    assert parsed.query is not None
    assert parsed.query.text == "dog"


def test_an_album_is_a_part_by_its_name() -> None:
    part = _one('in:"Our Wedding"')
    assert (part.kind, part.value) == ("album", "Our Wedding")


def test_negated_words_are_not_searched_for() -> None:
    parsed = _parse('beach -dog -"red car" -2019 -t-shirt')
    assert parsed.query is not None
    assert parsed.query.text == "beach"
    assert [part.label for part in parsed.parts] == [
        "not dog",
        'not "red car"',
        "not 2019",
        "not t-shirt",
    ]
    dog, car, year, shirt = (each.none_of[0] for each in parsed.filters.all_of)
    assert [word.term for word in dog.words] == ["dog"]
    assert car.phrases == (("red", "car"),)
    assert year.since == datetime(2019, 1, 1)
    assert shirt.phrases == (("t", "shirt"),)


def test_dates_leave_the_text_and_words_that_say_nothing_do_not_stay_alone() -> None:
    assert _text("dog in may 2024") == "dog"
    assert _text("photos from last summer") is None
    assert _text("-dog") is None
    assert _text("photos") == "photos"


def test_overlapping_dates_intersect_and_disjoint_dates_are_alternatives() -> None:
    def moment(year: int, month: int, day: int) -> datetime:
        return datetime(year, month, day)

    assert _parse("2023 christmas 2023").filters == Filters(
        since=moment(2023, 12, 24), before=moment(2023, 12, 27)
    )
    assert _parse("2019 2021").filters == Filters(
        any_of=(
            Filters(since=moment(2019, 1, 1), before=moment(2020, 1, 1)),
            Filters(since=moment(2021, 1, 1), before=moment(2022, 1, 1)),
        )
    )


def test_days_are_those_on_the_spot_and_today_is_the_viewers() -> None:
    assert _parse("2024-05-01", "Europe/Vienna").filters == Filters(
        since=datetime(2024, 5, 1), before=datetime(2024, 5, 2)
    )
    assert _parse("today", "Pacific/Auckland").parts[0].value == "2026-11-22/2026-11-22"


def test_in_southern_zones_summer_is_at_christmas() -> None:
    for zone in ("Australia/Sydney", "America/Argentina/Cordoba", "Pacific/Auckland"):
        assert _parse("summer 2022", zone).parts[0].value == "2022-12-01/2023-02-28"


@pytest.mark.parametrize(
    "q",
    [
        *("owner_id:*", "a AND NOT (b", "title:dog", "12:30", "http://x.y", "x - y", "--dog"),
        *('"unclosed phrase', 'say "', "-", "- dog", "-!!!", '""', "::", "well-known", "a -- b"),
        *('5"x7"', "it's", "tag :dog", "-----", '"', "\\", "..", "-\u200b"),
    ],
)
def test_what_only_looks_like_syntax_is_words(q: str) -> None:
    parsed = _parse(q)
    assert parsed.parts == ()
    assert parsed.filters == Filters()
    assert _text(q) == " ".join(q.replace("\u200b", " ").split())


def test_literally_everything_is_words() -> None:
    q = 'tag:dog -cat "red car" may 2024'
    parsed = _parse(q, literal=True)
    assert parsed.query is not None
    assert (parsed.query.text, parsed.filters, parsed.parts) == (q, Filters(), ())


def test_only_so_many_parts_narrow_a_search() -> None:
    parsed = _parse(" ".join(f"-w{number}" for number in range(60)))
    assert [part.known for part in parsed.parts] == [at < MAX_PARTS for at in range(60)]
    assert len(parsed.filters.all_of) == MAX_PARTS


def test_a_query_over_the_limit_is_refused() -> None:
    for q in ("x" * 10_000, '"' * 10_000, "tag:" * 2_500):
        for literal in (True, False):
            with pytest.raises(QueryTooLong):
                _parse(q, literal=literal)


_TYPED = """
tag:dog|-tag:dog|tag:"new york"|tag:|camera:x-t5,sony|is:favorite|is:odd|"red car"|-"red car"|-dog
rating:>=4|color:red|before:2024|after:"may 2023"|in:x|2019|may|march|2024-05-01|last|summer|this
week|in|the|christmas|"|-|--|:|""|«a»|„b“|-2019|photo|dog|type:raw|place:"a
"""
_PIECES = st.one_of(
    st.sampled_from(_TYPED.strip().replace("\n", "|").split("|")),
    st.text(max_size=12),
    st.text('"“”„«»-:, tag', max_size=12),
)
_QUERIES = st.builds(
    lambda pieces, blank: blank.join(pieces)[:MAX_QUERY_LENGTH],
    st.lists(_PIECES, max_size=25),
    st.sampled_from([" ", "  ", "\u00a0", "\u200b", ""]),
)


@given(_QUERIES, st.sampled_from(["UTC", "Pacific/Kiritimati", "America/Sao_Paulo"]))
@settings(max_examples=300)
def test_any_query_is_understood(q: str, zone: str) -> None:
    parsed = _parse(q, zone)
    last = 0
    for part in parsed.parts:
        assert last <= part.start < part.end <= len(q)
        assert q[part.start : part.end] == part.text
        last = part.end
    if parsed.query is not None:
        parsed.query.text.encode()
        assert parsed.query.text == " ".join(parsed.query.text.split())


@given(_QUERIES, st.data())
@settings(max_examples=300)
def test_cutting_a_part_out_removes_it_and_no_other(q: str, data: st.DataObject) -> None:
    parts = [part for part in _parse(q).parts if part.kind not in UNTIMED]
    if not parts:
        return
    cut = data.draw(st.integers(0, len(parts) - 1))
    rest = q[: parts[cut].start] + q[parts[cut].end :]
    left = [part for part in _parse(rest).parts if part.kind not in UNTIMED]
    expected = parts[:cut] + parts[cut + 1 :]
    assert [(part.kind, part.text, part.value) for part in left] == [
        (part.kind, part.text, part.value) for part in expected
    ]


@given(st.data())
def test_cutting_a_date_out_leaves_the_rest(data: st.DataObject) -> None:
    dates = ["last summer", "in may 2024", "2019", "christmas 2023", "yesterday", "-2018"]
    chosen = data.draw(st.lists(st.sampled_from(dates), min_size=1, max_size=4))
    q = "dogs " + " and ".join(f"{each} cats" for each in chosen)
    parts = _parse(q).parts
    assert [part.text for part in parts] == chosen
    cut = data.draw(st.integers(0, len(parts) - 1))
    rest = q[: parts[cut].start] + q[parts[cut].end :]
    assert [part.text for part in _parse(rest).parts] == chosen[:cut] + chosen[cut + 1 :]


@pytest.mark.parametrize(
    "unit",
    [*('"', "-", ":", "tag:", '-"', '"a" ', "-a ", "last ", "may 2024 ", "1 ", "(a+)+$", "«", "„")],
)
def test_the_longest_of_the_nastiest_takes_no_time(unit: str) -> None:
    q = (unit * MAX_QUERY_LENGTH)[:MAX_QUERY_LENGTH]
    _parse(q)
    began = time.process_time()
    _parse(q)
    assert time.process_time() - began < 0.1
