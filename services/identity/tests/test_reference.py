"""The reference page, all from this host, and the document that it shows."""

import re

import pytest
from services.identity.tests.conftest import Identity


async def test_the_page_uses_no_other_host_and_no_inline_script_or_style(
    identity: Identity,
) -> None:
    page = await identity.http.get("/api/docs")

    assert page.headers["content-type"].startswith("text/html")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses
    assert all(address.startswith("/api/") for address in addresses)
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)
    for address in addresses:
        assert (await identity.http.get(address)).status_code == 200
    for name in ("reference.js", "reference.css"):
        asset = (await identity.http.get(f"/api/docs/{name}")).text
        assert "http://" not in asset
        assert "https://" not in asset
        assert "innerHTML" not in asset


@pytest.mark.parametrize("name", ["index.html", "..%2f..%2fsettings.py", "reference.py", "x"])
async def test_only_the_files_of_the_page_are_served(identity: Identity, name: str) -> None:
    assert (await identity.http.get(f"/api/docs/{name}")).status_code == 404


async def test_the_document_is_served_with_a_tag(identity: Identity) -> None:
    first = await identity.http.get("/api/v1/openapi.json")
    again = await identity.http.get(
        "/api/v1/openapi.json", headers={"If-None-Match": first.headers["etag"]}
    )

    assert first.json()["openapi"].startswith("3.1")
    assert (again.status_code, again.content) == (304, b"")
