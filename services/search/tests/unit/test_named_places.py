from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_search.domain.named_places import narrowed
from pichaven_search.domain.query import Piece
from pichaven_search.domain.understanding import understand, with_places

NAMES = frozenset({"lisbon", "new york", "new york city", "sao paulo", "united states", "us"})
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def _pieces(q: str) -> tuple[Piece, ...]:
    question = understand(q, now=NOW, zone=UTC).question
    return question.pieces if question else ()


@pytest.mark.parametrize(
    ("q", "names", "text"),
    [
        ("boat lisbon", ["lisbon"], "boat"),
        ("Lisbon boat", ["lisbon"], "boat"),
        ("boat in Lisbon, 2023", ["lisbon"], "boat"),
        ("a boat in the sun near São Paulo", ["sao paulo"], "a boat in the sun near"),
        ("taxi new york city", ["new york city"], "taxi"),
        ("taxi new york at night", ["new york"], "taxi at night"),
        ("lisbon dog new york", ["lisbon", "new york"], "dog"),
        ('"red car" lisbon', ["lisbon"], "red car"),
    ],
)
def test_a_whole_name_is_a_place(q: str, names: list[str], text: str) -> None:
    found = narrowed(_pieces(q), NAMES)
    assert found is not None
    assert ([place.name for place in found.places], found.text) == (names, text)
    parts = with_places(q, understand(q, now=NOW, zone=UTC).parts, found.places)
    assert parts == sorted(parts, key=lambda part: part.start)
    assert all(part.text == q[part.start : part.end] for part in parts)


@pytest.mark.parametrize(
    "q",
    [
        *("lisbon", "in lisbon", "lisbon new york", '"lisbon" boat', "-lisbon boat", "boat york"),
        *("boat place:lisbon", "dog us", "lisbon 2023", "boat !!"),
    ],
)
def test_nothing_else_is(q: str) -> None:
    assert narrowed(_pieces(q), NAMES) is None


@given(
    st.lists(st.sampled_from(["lisbon", "new", "york", "city", "boat", "in", "!", "são", "paulo"]))
)
def test_what_is_not_a_name_stays_in_order(typed: list[str]) -> None:
    q = " ".join(typed)
    found = narrowed(_pieces(q), NAMES)
    if found is not None:
        rest = iter(typed)
        assert all(word in rest for word in found.text.split())
        taken = [word for place in found.places for word in q[place.start : place.end].split()]
        assert not Counter(taken + found.text.split()) - Counter(typed)
        assert "lisbon" not in found.text.split()
