import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.pages import InvalidCursor, decode_cursor, encode_cursor


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
