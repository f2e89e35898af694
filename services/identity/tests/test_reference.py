"""The reference page, all from this host, and the document that it shows."""

import re

import pytest
from services.identity.tests.conftest import Identity


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/"])
async def test_the_page_uses_no_other_host_and_no_inline_script_or_style(
    identity: Identity, path: str
) -> None:
    page = await identity.http.get(path)

    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    addresses.remove("data:,")  # the icon
    assert "/api/docs/swagger-ui-bundle.js" in addresses
    assert all(address.startswith("/api/") for address in addresses)
    for address in addresses:
        assert (await identity.http.get(address)).status_code == 200


async def test_a_file_of_the_page_is_sent_again_only_when_it_has_changed(
    identity: Identity,
) -> None:
    first = await identity.http.get("/api/docs/swagger-ui-bundle.js")
    again = await identity.http.get(
        "/api/docs/swagger-ui-bundle.js", headers={"If-None-Match": first.headers["etag"]}
    )

    assert "SwaggerUIBundle" in first.text
    assert "javascript" in first.headers["content-type"]
    assert first.headers["cache-control"] == "public, no-cache"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["..%2froutes.py", "..%2f..%2fsettings.py", "routes.py", "x"])
async def test_only_the_files_of_the_page_are_served(identity: Identity, name: str) -> None:
    assert (await identity.http.get(f"/api/docs/{name}")).status_code == 404


async def test_the_document_is_served_with_a_tag(identity: Identity) -> None:
    first = await identity.http.get("/api/v1/openapi.json")
    again = await identity.http.get(
        "/api/v1/openapi.json", headers={"If-None-Match": first.headers["etag"]}
    )

    assert first.json()["openapi"].startswith("3.1")
    assert (again.status_code, again.content) == (304, b"")
