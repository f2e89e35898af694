"""A browser that is a client of the running platform."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from pichaven_local.stack import Stack
from pichaven_local.web_client import WEB
from testing.api_client import PASSWORD
from testing.chromium import Chromium, find_chromium

DESKTOP: Final = {"width": 1280, "height": 800}
BLOCKED: Final = {"service_workers": "block"}
"""What a service worker requests does not pass the routes and events of a page."""
_AXE: Final = WEB / "node_modules" / "axe-core" / "axe.min.js"
_WAIT_MS: Final = 45_000
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

    What the page reports as an error of its own, or of the content security policy, fails the test.
    """
    faults: list[str] = []

    async def open_path(path: str, **options: Any) -> Page:
        context = await browser.new_context(
            **{"base_url": stack.url, "viewport": DESKTOP, "locale": "en-US", **BLOCKED, **options}
        )
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


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill in and send the form of /login."""
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def axe_findings(page: Page) -> list[str]:
    """Return what axe finds wrong with a page: rule, elements, and what to do.

    The script is run by the debugger, to which the page's content security policy does not apply.
    """
    await page.evaluate(f"{_AXE.read_text()}; undefined")
    result = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {json.dumps([node['target'] for node in violation['nodes']])}"
        f" {violation['nodes'][0].get('failureSummary')}"
        for violation in result["violations"]
    ]
