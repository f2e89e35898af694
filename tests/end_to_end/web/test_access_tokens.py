"""Access tokens that end while a person looks at photos, and sessions that end elsewhere."""

import asyncio
import re
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, Request, Route, expect

from testing.api_client import ApiClient
from tests.end_to_end.web.conftest import OpenPage, sign_in
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary

_API = re.compile(r"/api/v1/(?!auth/)")
_UNAUTHORIZED = {
    "type": "urn:pichaven:problem:unauthorized",
    "title": "Not signed in",
    "status": 401,
    "detail": "The access token has expired.",
    "code": "unauthorized",
    "request_id": "",
    "errors": [],
}


@dataclass
class ExpiredToken:
    """Refuses each request with the token that the page has, and counts what comes of it.

    The first is answered once there is a second one, so that two are refused in any case.
    """

    refused: list[str] = field(default_factory=list)
    refreshes: list[str] = field(default_factory=list)
    _token: str | None = None
    _has_several: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, route: Route) -> None:
        token = await route.request.header_value("authorization")
        self._token = self._token or token
        if token == self._token:
            self.refused.append(route.request.url)
            if len(self.refused) > 1:
                self._has_several.set()
            await self._has_several.wait()
            await route.fulfill(status=401, json=_UNAUTHORIZED)
        else:
            await route.continue_()

    def count_refresh(self, request: Request) -> None:
        if request.url.endswith("/auth/refresh"):
            self.refreshes.append(request.url)


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name, exact=True)


async def test_scrolling_goes_on_when_the_access_token_has_expired(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/", email=library.email)
    await expect(_photo(page, CAPTION)).to_be_visible()
    token = ExpiredToken()
    page.on("request", token.count_refresh)
    await page.route(_API, token.handle)

    # Months whose photos are not loaded come into view, several at once.
    await page.get_by_role("slider", name="Date").focus()
    await page.keyboard.press("End")
    await expect(_photo(page, "01.jpg")).to_be_in_viewport()
    link = page.get_by_role("link", name="01.jpg", exact=True)
    cell = page.get_by_role("gridcell").filter(has=link)
    await expect(cell.locator("img")).to_be_visible()

    assert len(token.refused) > 1
    assert len(token.refreshes) == 1
    await page.keyboard.press("Home")
    await expect(_photo(page, CAPTION)).to_be_in_viewport()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert len(token.refreshes) == 1


async def test_a_session_ended_elsewhere_leads_to_the_sign_in_page_and_back(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/search?q=ferry&favorite=true", email=person.email)
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()

    # Nothing is clicked: the event stream ends with its session.
    await person.json("POST", "/auth/logout-all")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_role("navigation", name="Main")).to_have_count(0)

    await sign_in(page, person.email)
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await expect(page.get_by_role("searchbox", name="Search photos")).to_have_value("ferry")
    await expect(page.get_by_role("button", name="Remove Favorites")).to_be_visible()
