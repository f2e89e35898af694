"""Each route needs the scope of what it does."""

import pytest
from services.search.tests.conftest import SearchHarness
from services.search.tests.fakes import to_png

from pichaven_chassis.auth import Scope
from pichaven_chassis.ids import new_id

READING = [
    ("GET", "/search"),
    ("GET", "/search/suggest"),
    ("POST", "/search/image"),
    ("GET", "/search/history"),
    ("GET", "/search/history/settings"),
    ("GET", "/map?bbox=-10,-10,10,10&zoom=1"),
    ("GET", "/duplicates"),
]
WRITING = [
    ("DELETE", "/search/history"),
    ("DELETE", f"/search/history/{new_id()}"),
    ("PUT", "/search/history/settings"),
    ("PUT", f"/duplicates/{new_id()}/dismissal"),
    ("DELETE", f"/duplicates/{new_id()}/dismissal"),
    ("DELETE", "/duplicates/dismissals"),
]


@pytest.mark.engines
@pytest.mark.parametrize(("method", "path"), READING + WRITING)
async def test_reading_and_changing_need_their_own_scope(
    searching: SearchHarness, method: str, path: str
) -> None:
    required = Scope.PHOTOS_WRITE if (method, path) in WRITING else Scope.PHOTOS_READ
    for scope in Scope:
        response = await searching.http.request(
            method,
            f"/api/v1{path}",
            headers={
                "Authorization": f"Bearer {searching.authority.token(searching.owner, scope=scope)}"
            },
            **({"files": {"file": to_png("lake")}} if path == "/search/image" else {}),
            **({"json": {"enabled": True}} if method == "PUT" else {}),
        )
        if scope is required:
            assert response.status_code in {200, 204, 404}, response.text
        else:
            assert response.status_code == 403, response.text
            assert response.json()["code"] == "insufficient_scope"
