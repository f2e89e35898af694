"""What a client can send that no person types: a clear problem or an empty answer, never 500."""

from typing import Any

import pytest
from services.search.tests.fakes import changed_event, embedded_event

from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import encode_cursor

pytestmark = pytest.mark.engines


@pytest.mark.parametrize(
    "query",
    [
        "owner_id:*",
        "* OR 1=1",
        "((((((((((",
        "caption:/.*/",
        '"unclosed',
        "a AND NOT (b",
        "\\",
        "{!lucene}",
        "${jndi:ldap://x}",
        "<script>",
        "[* TO *]",
        "a" * 500,
        "ab " * 166,
        "\x00\x01\x02",
        "\u202e\u200b",
        "(a+)+$" * 20,
        "é" * 500,
        "\U0001f600",
        "京" * 500,
    ],
)
async def test_no_query_is_syntax(searching: Any, query: str) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake")
    await searching.index(photo, embedded_event(photo, "lake"))
    for path in ("/search", "/search/suggest"):
        answer = await searching.get(path, q=query)
        assert answer.status_code == 200, answer.text
    if query not in {"\x00\x01\x02", "\u202e\u200b"}:
        assert await searching.ids(q=query) == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"q": "x" * 10_000}, "query_too_long"),
        ({"near": "nan,nan,nan"}, "invalid_filter"),
        ({"near": "1,2,inf"}, "invalid_filter"),
        ({"bbox": "1,2,3"}, "invalid_filter"),
        ({"bbox": "0,10,10,-10"}, "invalid_filter"),
        ({"bbox": "-1e999,0,0,1"}, "invalid_filter"),
        ({"from": "soon"}, "invalid_date"),
        ({"from": "2" * 100}, "invalid_date"),
        ({"to": "9999-12-31"}, "invalid_date"),
        ({"tag": "***"}, "invalid_filter"),
        ({"camera": "x" * 5000}, "invalid_filter"),
        ({"rating": "9"}, "invalid_request"),
        ({"favorite": "perhaps"}, "invalid_request"),
        ({"limit": "100000"}, "invalid_request"),
        ({"limit": "0"}, "invalid_request"),
        ({"limit": "1e3"}, "invalid_request"),
    ],
)
async def test_what_cannot_be_read_is_named(
    searching: Any, params: dict[str, str], code: str
) -> None:
    answer = await searching.http.get(
        "/api/v1/search", params=params, headers=searching.authority.headers(searching.owner)
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert answer.json()["errors"] or code == "query_too_long"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "A" * 5000,
        encode_cursor({}),
        encode_cursor({"s": "1", "t": 1, "i": new_id()}),
        encode_cursor({"s": 1, "t": 10**30, "i": new_id()}),
        encode_cursor({"s": 1e300, "t": 1, "i": new_id()}),
        encode_cursor({"s": 1, "t": 1, "i": "../etc"}),
        encode_cursor({"s": True, "t": 1, "i": new_id()}),
        encode_cursor({"s": float("nan"), "t": 1, "i": new_id()}),
    ],
)
async def test_a_cursor_that_is_not_ours_is_refused(searching: Any, cursor: str) -> None:
    for query in ("", "lake"):
        answer = await searching.get("/search", q=query, cursor=cursor)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_nothing_is_answered_without_a_token(searching: Any) -> None:
    for path in ("/search", "/search/suggest", f"/photos/{new_id()}/similar"):
        answer = await searching.http.get(f"/api/v1{path}")
        assert answer.status_code == 401


async def test_what_is_no_id_is_not_there(searching: Any) -> None:
    for photo_id in ("x", "..%2f..", new_id(), new_id().upper()):
        answer = await searching.get(f"/photos/{photo_id}/similar")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
