import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import (
    InvalidCursor,
    TimeCursor,
    decode_cursor,
    encode_cursor,
)


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.text(), st.none())))
def test_a_cursor_comes_back_as_it_was_made(position: dict[str, object]) -> None:
    assert decode_cursor(encode_cursor(position)) == position


@pytest.mark.parametrize(
    "hostile",
    [
        "!",
        "AAAA",
        "é",
        "x" * 10_000,
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        "..",
    ],
)
def test_what_we_did_not_make_is_refused(hostile: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(hostile)


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor(None) is None
    assert decode_cursor("") is None


def test_a_time_cursor_is_valid_in_its_own_list_alone() -> None:
    cursor = TimeCursor.at(datetime(2026, 5, 1, 12, 0, 0, 5000, tzinfo=UTC), new_id())

    assert TimeCursor.decode(cursor.encode("taken_at"), "taken_at") == cursor
    assert cursor.moment == datetime(2026, 5, 1, 12, 0, 0, 5000, tzinfo=UTC)
    assert TimeCursor.decode(None, "taken_at") is None
    with pytest.raises(InvalidCursor):
        TimeCursor.decode(cursor.encode("taken_at"), "created_at")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"t": "1", "i": new_id()},
        {"t": True, "i": new_id()},
        {"t": 10**30, "i": new_id()},
        {"t": -(10**30), "i": new_id()},
        {"t": 1, "i": "../etc"},
        {"t": 1, "i": 7},
    ],
)
def test_a_time_cursor_of_damaged_values_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidCursor):
        TimeCursor.decode(encode_cursor(values))
