from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.query_language.geo_places import MAX_GEO_PLACES, find_geo_scope
from pichaven_search.query_language.query import TextSpan
from pichaven_search.query_language.query_parser import add_geo_places, parse_query

NAMES = frozenset(
    {"lisbon", "new york", "new york city", "sao paulo", "united states", "us", "sur"}
)
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def _spans(q: str) -> tuple[TextSpan, ...]:
    query = parse_query(q, now=NOW, zone=UTC).query
    return query.spans if query else ()


@pytest.mark.parametrize(
    ("q", "typed", "text"),
    [
        ("boat lisbon", ["lisbon"], "boat"),
        ("Lisbon boat", ["Lisbon"], "boat"),
        ("boat in Lisbon, 2023", ["Lisbon,"], "boat"),
        ("a boat in the sun near São Paulo", ["São Paulo"], "a boat in the sun near"),
        ("taxi new york city", ["new york city"], "taxi"),
        ("taxi new york at night", ["new york"], "taxi at night"),
        ("lisbon dog new york", ["lisbon", "new york"], "dog"),
        ('"red car" lisbon', ["lisbon"], "red car"),
    ],
)
def test_a_whole_name_beside_other_words_is_a_geo_place(
    q: str, typed: list[str], text: str
) -> None:
    geo_scope = find_geo_scope(_spans(q), NAMES)
    assert geo_scope is not None
    assert all(place.name in NAMES for place in geo_scope.places)
    parts = add_geo_places(q, parse_query(q, now=NOW, zone=UTC).parts, geo_scope.places)
    assert [part.text for part in parts if part.kind == "place"] == typed
    assert geo_scope.text == text


@pytest.mark.parametrize(
    "q",
    [
        *("lisbon", "in lisbon", "lisbon new york", '"lisbon" boat', "-lisbon boat", "boat york"),
        *("boat place:lisbon", "dog us", "lisbon 2023", "boat !!", "gato sur la mesa"),
    ],
)
def test_names_alone_quoted_or_partial_are_no_geo_places(q: str) -> None:
    assert find_geo_scope(_spans(q), NAMES) is None


@given(
    st.lists(
        st.sampled_from(
            ["lisbon", "new", "york", "boat", "in", "!", "2023", "-red", '"a"', "tag:x", "é"]
        )
    )
)
def test_parts_never_overlap_and_what_is_not_a_name_stays_in_order(typed: list[str]) -> None:
    q = " ".join(typed)
    geo_scope = find_geo_scope(_spans(q), NAMES)
    if geo_scope is None:
        return
    parts = add_geo_places(q, parse_query(q, now=NOW, zone=UTC).parts, geo_scope.places)
    ends = 0
    for part in parts:
        assert ends <= part.start < part.end
        ends = part.end
    rest = iter([word.strip('"') for word in typed])
    assert all(word in rest for word in geo_scope.text.split())
    for place in geo_scope.places:
        assert q[place.start : place.end].split() == place.name.split()
    assert len(geo_scope.names) == len(set(geo_scope.names)) <= MAX_GEO_PLACES


def test_what_is_cut_out_parts_a_name_and_names_have_an_end() -> None:
    assert find_geo_scope(_spans("dog new 2023 york"), NAMES) is None
    assert find_geo_scope(_spans("dog new -red york"), NAMES) is None
    many = find_geo_scope(_spans("dog" + " lisbon" * 30), NAMES)
    assert many is not None
    assert (many.names, len(many.places)) == (("lisbon",), MAX_GEO_PLACES)
