"""A browser that is a client of the running platform."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from pichaven_local.stack import Stack
from pichaven_local.web_client import WEB
from testing.api_client import PASSWORD, registered_client
from testing.chromium import Chromium, find_chromium
from tests.end_to_end.web.sample_library import SampleLibrary, upload_samples

DESKTOP: Final = {"width": 1280, "height": 800}
BLOCKED: Final = {"service_workers": "block"}
"""What a service worker requests does not pass the routes and events of a page."""
_AXE: Final = WEB / "node_modules" / "axe-core" / "axe.min.js"
_END_OF_ANIMATIONS: Final = """Promise.allSettled(
    document.getAnimations()
        .filter(each => Number.isFinite(each.effect.getComputedTiming().endTime))
        .map(each => each.finished),
).then(() => undefined)"""
_WAIT_MS: Final = 90_000
"""For a busy machine."""

expect.set_options(timeout=_WAIT_MS)

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    return find_chromium()


@pytest_asyncio.fixture
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium.launch_options)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def open_page(browser: Browser, stack: Stack) -> AsyncIterator[OpenPage]:
    """Return a function that opens a path in a browser profile of its own.

    With `email`, that account is signed in. What the page reports as an error of its own, or of
    the content security policy, fails the test.
    """
    faults: list[str] = []

    async def open_path(path: str, *, email: str | None = None, **options: Any) -> Page:
        context = await browser.new_context(
            **{"base_url": stack.url, "viewport": DESKTOP, "locale": "en-US", **BLOCKED, **options}
        )
        if email is not None:
            # The cookie of the response is the session that the page finds.
            login = {"email": email, "password": PASSWORD}
            await expect(await context.request.post("/api/v1/auth/login", data=login)).to_be_ok()
        page = await context.new_page()
        page.set_default_timeout(_WAIT_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        await page.goto(path)
        return page

    yield open_path
    assert faults == []


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def library(stack: Stack) -> SampleLibrary:
    """An account with photos of two years, which tests leave as they were."""
    async with registered_client(stack.url) as client:
        return await upload_samples(client)


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill in and send the form of /login."""
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def enter(page: Page, email: str) -> None:
    """Sign in and wait for the client's navigation."""
    await sign_in(page, email)
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()


async def axe_findings(page: Page, *rules: str) -> list[str]:
    """Return what axe finds wrong with a page: rule, elements, and what to do.

    `rules` are those to check instead of the usual ones. The script is run by the debugger, to
    which the page's content security policy does not apply. Animations end first: what fades in
    has little contrast meanwhile.
    """
    await page.evaluate(_END_OF_ANIMATIONS)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"{_AXE.read_text()}; undefined")
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    result = await page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {json.dumps([node['target'] for node in violation['nodes']])}"
        f" {violation['nodes'][0].get('failureSummary')}"
        for violation in result["violations"]
    ]
