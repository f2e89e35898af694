"""The client is installed, opens without a platform, takes shared files and forgets an account."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import jpeg
from tests.end_to_end.web.conftest import DESKTOP, OpenPage, axe_findings, sign_in

WITH_WORKER: Final = {"service_workers": "allow"}
UNREACHABLE: Final = "PicHaven does not answer. It goes on by itself as soon as it does."


class Line:
    """A line to the platform that can be cut: a browser's emulation leaves out service workers."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connect(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End what is open and refuse what comes."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._upstream)
        self._writers |= {writer, upstream_writer}
        try:
            await asyncio.gather(_pump(reader, upstream_writer), _pump(upstream_reader, writer))
        finally:
            self._writers -= {writer, upstream_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def line(stack: Stack) -> AsyncIterator[Line]:
    address = urlsplit(stack.url)
    line = Line(str(address.hostname), int(address.port or 80))
    await line.connect()
    yield line
    await line.cut()


async def _wait_for_worker(page: Page) -> None:
    """Wait until the service worker has the shell, and load the page through it."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await page.reload()
    await page.wait_for_function("navigator.serviceWorker.controller !== null")


async def _caches(page: Page) -> list[str]:
    names: list[str] = await page.evaluate("caches.keys()")
    return sorted({name.rstrip("0123456789") for name in names if "-shell-" not in name})


async def _wait_until_stored(page: Page, prefix: str) -> None:
    await page.wait_for_function(
        """async (prefix) => {
          const names = (await caches.keys()).filter((name) => name.startsWith(prefix));
          const all = names.map(async (name) => (await (await caches.open(name)).keys()).length);
          return (await Promise.all(all)).some((count) => count > 0);
        }""",
        arg=prefix,
    )


async def test_a_second_visit_without_a_platform_shows_what_the_browser_has(
    open_page: OpenPage, person: ApiClient, line: Line
) -> None:
    await person.wait_until_ready(await person.upload("harbour.jpg", jpeg(71)))
    page = await open_page("/login", base_url=line.url, **WITH_WORKER)
    await sign_in(page, person.email)
    photo = page.get_by_role("link", name="harbour.jpg", exact=True)
    await expect(photo).to_be_visible()
    await _wait_for_worker(page)
    await expect(photo).to_be_visible()
    await _wait_until_stored(page, "pichaven-thumbnails-")
    await _wait_until_stored(page, "pichaven-answers-")

    await line.cut()
    await page.goto("/")

    await expect(page.get_by_role("status", name=UNREACHABLE)).to_be_visible()
    await expect(photo).to_be_visible()
    cell = page.get_by_role("gridcell").filter(has=photo)
    picture = cell.locator("img")
    await picture.evaluate("image => image.decode()")
    assert await picture.evaluate("image => image.naturalWidth") > 0
    assert await axe_findings(page) == []

    await line.connect()
    await person.wait_until_ready(await person.upload("lighthouse.jpg", jpeg(72)))
    await page.reload()
    await expect(page.get_by_role("link", name="lighthouse.jpg", exact=True)).to_be_visible()
    await expect(page.get_by_role("status", name=UNREACHABLE)).to_be_hidden()


async def test_signing_out_removes_what_the_browser_has_of_the_account(
    open_page: OpenPage, person: ApiClient
) -> None:
    await person.wait_until_ready(await person.upload("quay.jpg", jpeg(73)))
    page = await open_page("/login", **WITH_WORKER)
    await sign_in(page, person.email)
    await expect(page.get_by_role("link", name="quay.jpg", exact=True)).to_be_visible()
    await _wait_for_worker(page)
    await _wait_until_stored(page, "pichaven-answers-")
    await _wait_until_stored(page, "pichaven-thumbnails-")

    await page.get_by_role("button", name="Account", exact=True).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    await page.wait_for_function(
        "async () => (await caches.keys()).every((name) => name.startsWith('pichaven-shell-'))"
    )


async def test_a_photo_that_another_app_shares_is_uploaded(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/login", **WITH_WORKER)
    await sign_in(page, person.email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()
    await _wait_for_worker(page)

    # As Android's share sheet does: a form of the manifest's names.
    await page.evaluate(
        """(bytes) => {
          const form = document.createElement("form");
          form.method = "POST";
          form.action = "/share-target";
          form.enctype = "multipart/form-data";
          const input = document.createElement("input");
          input.type = "file";
          input.name = "photos";
          const files = new DataTransfer();
          const type = "image/jpeg";
          files.items.add(new File([new Uint8Array(bytes)], "from the phone.jpg", { type }));
          input.files = files.files;
          form.append(input);
          document.body.append(form);
          form.submit();
        }""",
        list(jpeg(74)),
    )

    await page.wait_for_url("**/")
    await expect(page.get_by_role("link", name="from the phone.jpg", exact=True)).to_be_visible()
    assert await page.evaluate("caches.has('pichaven-shared')") is False


async def test_the_client_can_be_installed(browser: Browser, stack: Stack) -> None:
    context = await browser.new_context(base_url=stack.url, viewport=DESKTOP)
    page = await context.new_page()
    await page.goto("/login")
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    protocol = await context.new_cdp_session(page)

    answer: dict[str, Any] = await protocol.send("Page.getAppManifest")

    assert answer["errors"] == []
    manifest = json.loads(answer["data"])
    for icon in manifest["icons"]:
        response = await page.request.get(icon["src"])
        assert response.headers["content-type"] == icon["type"]
    problems: dict[str, Any] = await protocol.send("Page.getInstallabilityErrors")
    # A context of its own is a private window, where nothing is installed.
    reasons = {each["errorId"] for each in problems["installabilityErrors"]}
    assert reasons <= {"in-incognito"}
    await context.close()
