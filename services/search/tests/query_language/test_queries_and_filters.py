from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.parameters import InvalidDate
from pichaven_search.query_language.errors import InvalidFilter, QueryTooLong
from pichaven_search.query_language.filters import (
    Box,
    Circle,
    read_before,
    read_box,
    read_names,
    read_near,
    read_since,
)
from pichaven_search.query_language.query import MAX_QUERY_LENGTH, parse_text_query


def test_blank_and_invisible_queries_ask_nothing() -> None:
    for text in ("", "   ", "\x00\x1f\t\n", "\u200b\ufeff\u202e"):
        assert parse_text_query(text) is None


def test_control_characters_separate_words() -> None:
    query = parse_text_query("sun\x00set\r\nbeach")
    assert query is not None
    assert query.text == "sun set beach"


def test_a_query_of_signs_alone_is_left_to_the_vector_side() -> None:
    query = parse_text_query("!!! ??? *")
    assert query is not None
    assert query.words == ()


def test_a_query_over_the_limit_is_refused() -> None:
    assert parse_text_query("x" * MAX_QUERY_LENGTH)
    with pytest.raises(QueryTooLong):
        parse_text_query("x" * (MAX_QUERY_LENGTH + 1))


def test_only_so_many_words_are_looked_up() -> None:
    query = parse_text_query(" ".join(f"word{number}" for number in range(60)))
    assert query is not None
    assert len(query.words) == 16


@given(st.text(max_size=MAX_QUERY_LENGTH))
def test_any_query_can_be_read(text: str) -> None:
    query = parse_text_query(text)
    if query is not None:
        query.text.encode()


def test_a_date_is_included_whole() -> None:
    assert read_since("2024-05-01") == datetime(2024, 5, 1)
    assert read_before("2024-05-01") == datetime(2024, 5, 2)


def test_a_moment_is_an_instant_by_its_offset_even_with_a_lost_plus() -> None:
    expected = datetime(2024, 5, 1, 10, 0, tzinfo=UTC)
    assert read_since("2024-05-01T12:00:00+02:00") == expected
    assert read_since("2024-05-01T12:00:00 02:00") == expected


def test_a_time_without_an_offset_is_one_on_the_spot() -> None:
    assert read_since("2024-05-01T10:00:00") == datetime(2024, 5, 1, 10)


@pytest.mark.parametrize(
    "text", ["yesterday", "2024-13-01", "2024-W10-1", "9999-12-31x", "2024-02-30", "0"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate) as refused:
        read_since(text)
    assert refused.value.errors[0].path == "query.from"


def test_the_last_day_of_all_has_no_day_after() -> None:
    with pytest.raises(InvalidDate):
        read_before("9999-12-31")


def test_circles_and_boxes_are_read() -> None:
    assert read_near("48.2, 16.4,25") == Circle(48.2, 16.4, 25)
    assert read_box("170,-20,-170,10") == Box(170, -20, -170, 10)
    assert read_near(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "nan,1,1",
        "inf,0,1",
        "1,2",
        "1,2,3,4",
        "91,0,1",
        "0,181,1",
        "0,0,0",
        "0,0,-1",
        "0,0,1e9",
        "a,b,c",
        "",
        "," * 9000,
    ],
)
def test_circles_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        read_near(text)


@pytest.mark.parametrize(
    "text", ["0,10,10,5", "0,0,0,10", "0,0,181,10", "0,-91,10,0", "0,0,nan,1", "0,5,10,5", "1"]
)
def test_boxes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        read_box(text)


def test_names_are_folded_once_and_must_say_something() -> None:
    assert read_names("tag", ["Café", "cafe", "Birthday  Cake"]) == ("cafe", "birthday cake")
    for values in (["***"], ["x"] * 21, ["x" * 257]):
        with pytest.raises(InvalidFilter):
            read_names("tag", values)
