"""What is a date among other words, and what is not. Today is Saturday, 21 November 2026."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.query_language import periods
from pichaven_search.query_language.date_expressions import (
    DateExpression,
    Today,
    find_dates,
    parse_period,
)

TODAY = Today(date(2026, 11, 21))


def _read(text: str, today: Today = TODAY) -> list[DateExpression]:
    return find_dates(text.split(), today)


def _days(text: str, today: Today = TODAY) -> tuple[str, str]:
    """The first and last day of the one date that the whole text is."""
    [expression] = _read(text, today)
    assert (expression.start, expression.end) == (0, len(text.split())), expression
    assert expression.days is not None
    return expression.days.first.isoformat(), expression.days.last.isoformat()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2026-11-21", "2026-11-21"),
        ("yesterday", "2026-11-20", "2026-11-20"),
        ("this week", "2026-11-16", "2026-11-22"),
        ("last week", "2026-11-09", "2026-11-15"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("this year", "2026-01-01", "2026-12-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("this weekend", "2026-11-21", "2026-11-22"),
        ("last weekend", "2026-11-14", "2026-11-15"),
        ("last friday", "2026-11-20", "2026-11-20"),
        ("last saturday", "2026-11-14", "2026-11-14"),
        ("last summer", "2026-06-01", "2026-08-31"),
        ("last winter", "2025-12-01", "2026-02-28"),
        ("this autumn", "2026-09-01", "2026-11-30"),
        ("last may", "2026-05-01", "2026-05-31"),
        ("last christmas", "2025-12-24", "2025-12-26"),
        ("last 7 days", "2026-11-15", "2026-11-21"),
        ("past two weeks", "2026-11-08", "2026-11-21"),
        ("last 3 months", "2026-08-21", "2026-11-21"),
        ("3 days ago", "2026-11-18", "2026-11-18"),
        ("two years ago", "2024-01-01", "2024-12-31"),
        ("a month ago", "2026-10-01", "2026-10-31"),
        ("may 2024", "2024-05-01", "2024-05-31"),
        ("May, 2024", "2024-05-01", "2024-05-31"),
        ("2024 may", "2024-05-01", "2024-05-31"),
        ("dec 2020", "2020-12-01", "2020-12-31"),
        ("in may of 2024", "2024-05-01", "2024-05-31"),
        ("1 may 2024", "2024-05-01", "2024-05-01"),
        ("may 1st, 2024", "2024-05-01", "2024-05-01"),
        ("on the 1st of may 2024", "2024-05-01", "2024-05-01"),
        ("24 december", "2025-12-24", "2025-12-24"),
        ("29 february", "2024-02-29", "2024-02-29"),
        ("2019", "2019-01-01", "2019-12-31"),
        ("(2019)", "2019-01-01", "2019-12-31"),
        ("in 2019", "2019-01-01", "2019-12-31"),
        ("1990s", "1990-01-01", "1999-12-31"),
        ("2015-2018", "2015-01-01", "2018-12-31"),
        ("2024-05-01", "2024-05-01", "2024-05-01"),
        ("2024-05", "2024-05-01", "2024-05-31"),
        ("2024/5/1", "2024-05-01", "2024-05-01"),
        ("1.5.2024", "2024-05-01", "2024-05-01"),
        ("5/1/2024", "2024-01-05", "2024-01-05"),
        ("5/31/2024", "2024-05-31", "2024-05-31"),
        ("2024年5月1日", "2024-05-01", "2024-05-01"),
        ("2024年5月", "2024-05-01", "2024-05-31"),
        ("昨日", "2026-11-20", "2026-11-20"),
        ("summer 2022", "2022-06-01", "2022-08-31"),
        ("winter 2022", "2022-12-01", "2023-02-28"),
        ("winter 2023", "2023-12-01", "2024-02-29"),
        ("from the summer of 2022", "2022-06-01", "2022-08-31"),
        ("christmas 2023", "2023-12-24", "2023-12-26"),
        ("new year 2020", "2019-12-31", "2020-01-01"),
        ("new year's eve 2019", "2019-12-31", "2020-01-01"),
        ("New Year’s Eve 2019", "2019-12-31", "2020-01-01"),
        ("easter 2024", "2024-03-29", "2024-04-01"),
        ("halloween 2022", "2022-10-31", "2022-10-31"),
    ],
)
def test_what_says_a_date(text: str, first: str, last: str) -> None:
    assert _days(text) == (first, last)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Mai 2024", "2024-05-01", "2024-05-31"),
        ("im März 2024", "2024-03-01", "2024-03-31"),
        ("1. Mai 2024", "2024-05-01", "2024-05-01"),
        ("letzten Sommer", "2026-06-01", "2026-08-31"),
        ("vor 2 Jahren", "2024-01-01", "2024-12-31"),
        ("Weihnachten 2023", "2023-12-24", "2023-12-26"),
        ("gestern", "2026-11-20", "2026-11-20"),
        ("août 2023", "2023-08-01", "2023-08-31"),
        ("1er mai 2024", "2024-05-01", "2024-05-01"),
        ("l'été dernier", "2026-06-01", "2026-08-31"),
        ("il y a deux ans", "2024-01-01", "2024-12-31"),
        ("Noël 2023", "2023-12-24", "2023-12-26"),
        ("3 de mayo de 2024", "2024-05-03", "2024-05-03"),
        ("el verano pasado", "2026-06-01", "2026-08-31"),
        ("hace 2 años", "2024-01-01", "2024-12-31"),
        ("año pasado", "2025-01-01", "2025-12-31"),
        ("maggio 2024", "2024-05-01", "2024-05-31"),
        ("quest'estate", "2026-06-01", "2026-08-31"),
        ("la settimana scorsa", "2026-11-09", "2026-11-15"),
        ("março de 2019", "2019-03-01", "2019-03-31"),
        ("verão passado", "2026-06-01", "2026-08-31"),
        ("mei 2024", "2024-05-01", "2024-05-31"),
        ("vorige zomer", "2026-06-01", "2026-08-31"),
        ("2 jaar geleden", "2024-01-01", "2024-12-31"),
    ],
)
def test_dates_in_other_languages(text: str, first: str, last: str) -> None:
    assert _days(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        *("may", "march", "mars", "june", "summer", "christmas", "weekend", "monday", "last"),
        *("the last dance", "this is it", "marching band", "it may rain", "before sunset"),
        *("after the war", "new york", "2077", "1080", "12345", "0019", "2024-13-01", "31.2.2024"),
        *("99.99.9999", "jan", "mar y sol", "10 dogs", "ten years", "5 4 3 2 1", "١٩٩٩"),
        *("۲۰۲۴-۰۵-۰۱", "1٣99"),
    ],
)
def test_what_says_none(text: str) -> None:
    assert _read(text) == []


def test_a_month_that_is_no_other_word_is_that_month_of_any_year() -> None:
    for text, month in (("december", 12), ("Januar", 1), ("in may", 5), ("im Mai", 5)):
        [expression] = _read(text)
        assert (expression.month, expression.days) == (month, None)
        assert (expression.start, expression.end) == (0, len(text.split()))


def test_a_name_is_no_month_without_its_accent() -> None:
    [expression] = _read("marco 2019")
    assert (expression.start, expression.days) == (1, periods.year(2019))


def test_a_date_among_words_includes_the_preposition_before_it() -> None:
    text = "our dog on the beach in may 2024 and yesterday"
    words = text.split()
    assert [" ".join(words[each.start : each.end]) for each in _read(text)] == [
        "in may 2024",
        "yesterday",
    ]


def test_before_after_and_since_leave_one_side_open() -> None:
    by_text = {text: _read(text)[0] for text in ("before 2019", "after may 2024", "since 2019")}
    assert [each.relation for each in by_text.values()] == ["before", "after", "since"]
    assert by_text["after may 2024"].days == periods.month(2024, 5)


def test_seasons_turn_round_in_the_south() -> None:
    south = Today(date(2026, 11, 21), southern=True)
    assert _days("last summer", south) == ("2025-12-01", "2026-02-28")
    assert _days("winter 2022", south) == ("2022-06-01", "2022-08-31")


@pytest.mark.parametrize(
    ("day", "year"), [((2026, 1, 1), 2025), ((2026, 12, 26), 2025), ((2026, 12, 27), 2026)]
)
def test_last_christmas_is_the_one_that_is_over(day: tuple[int, int, int], year: int) -> None:
    assert parse_period("last christmas", Today(date(*day))) == periods.christmas(year)


def test_a_value_is_a_date_as_a_whole_or_not_at_all() -> None:
    assert parse_period("last summer", TODAY) == periods.Period(date(2026, 6, 1), date(2026, 9, 1))
    assert parse_period("may", TODAY) == periods.month(2026, 5)
    for text in ("", "soon", "2024 or so", "summer", "9999", "0001-01-01"):
        assert parse_period(text, TODAY) is None


def test_easter_falls_on_its_days() -> None:
    sundays = {2000: (4, 23), 2008: (3, 23), 2011: (4, 24), 2025: (4, 20), 2038: (4, 25)}
    for year, (month, day) in sundays.items():
        assert periods.easter(year).first == date(year, month, day - 2)


_WORDS = """
last this 3 may 2024 in the of summer days ago christmas new year's since week été pasado 2024-05
31 february vor 999 einem monat
"""


@given(
    st.lists(
        st.sampled_from(_WORDS.split()),
        max_size=12,
    ),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
)
def test_any_mixture_is_read_without_overlaps(words: list[str], day: date) -> None:
    expressions = find_dates(words, Today(day))
    for one, other in pairwise(expressions):
        assert one.end <= other.start
    for each in expressions:
        assert 0 <= each.start < each.end <= len(words)
        assert each.days is None or each.days.first < each.days.past
