"""Parts of the platform that fail, and the network: the client says so, and goes on by itself."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime

import pytest
from PIL import ExifTags, Image
from playwright.async_api import Locator, Page, expect

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.images import encode, jpeg, random_image
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary
from tests.end_to_end.web.uploading import READY_MS, drop, upload_panel

pytestmark = pytest.mark.last

_BACK_S = 90
_FAILURE_MS = 30_000
"""Longer than a request is repeated before it has failed."""


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name, exact=True)


def _status(page: Page, words: str) -> Locator:
    """Return what the page says of the connection, which is above all else."""
    return page.get_by_role("status").filter(has_text=words)


async def _wait_until_ready(stack: Stack, name: str) -> None:
    await eventually(lambda: stack.component(name).ready, f"{name} is ready again", _BACK_S)


async def _mark(page: Page) -> None:
    """Leave a mark in the page, which a reload would remove."""
    await page.evaluate("window.isTheSamePage = true")


async def _expect_same_page(page: Page) -> None:
    assert await page.evaluate("window.isTheSamePage === true")


async def test_without_network_the_timeline_says_so_and_goes_on_when_it_is_back(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/", email=library.email)
    await expect(_photo(page, CAPTION)).to_be_visible()
    await _mark(page)

    await page.context.set_offline(True)
    offline = _status(page, "You are offline")
    await expect(offline).to_be_visible()
    # Months that were not loaded are waited for; those that were are still there.
    scrubber = page.get_by_role("slider", name="Date")
    await scrubber.focus()
    await page.keyboard.press("End")
    await expect(scrubber).to_have_attribute("aria-valuetext", "Jan 2024")
    await expect(_photo(page, "01.jpg")).to_have_count(0)
    await page.keyboard.press("Home")
    await expect(_photo(page, CAPTION)).to_be_in_viewport()
    await page.keyboard.press("End")

    await page.context.set_offline(False)
    await expect(offline).to_have_count(0)
    await expect(_photo(page, "01.jpg")).to_be_in_viewport()
    await _expect_same_page(page)


async def test_an_upload_waits_for_the_network(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/", email=person.email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()
    await _mark(page)
    # Once the panel is there: its code comes over the network too.
    await drop(page, {"first.jpg": jpeg(811)})
    rows = upload_panel(page).get_by_role("row")
    await expect(rows.filter(has_text="first.jpg")).to_contain_text("Stored safely")

    await page.context.set_offline(True)
    await drop(page, {"second.jpg": jpeg(812)})
    second = rows.filter(has_text="second.jpg")
    await expect(second).to_contain_text("Waiting for the network")
    await page.context.set_offline(False)

    await expect(second).to_contain_text("Stored safely · ready", timeout=READY_MS)
    await _expect_same_page(page)


async def test_the_client_says_that_the_gateway_is_down_and_goes_on_when_it_is_back(
    open_page: OpenPage, library: SampleLibrary, person: ApiClient, stack: Stack
) -> None:
    page = await open_page("/", email=library.email)
    await expect(_photo(page, CAPTION)).to_be_visible()
    uploading = await open_page("/", email=person.email)
    await drop(uploading, {"first.jpg": jpeg(813)})
    rows = upload_panel(uploading).get_by_role("row")
    await expect(rows.filter(has_text="first.jpg")).to_contain_text("Stored safely")
    for each in (page, uploading):
        await _mark(each)
    words = "PicHaven does not answer. It goes on by itself"
    gateway = stack.component("gateway")

    await asyncio.to_thread(gateway.stop)
    try:
        await expect(_status(page, words)).to_be_visible()
        await page.get_by_role("slider", name="Date").focus()
        await page.keyboard.press("End")
        await drop(uploading, {"second.jpg": jpeg(814)})
        second = rows.filter(has_text="second.jpg")
        await expect(second).to_contain_text("PicHaven does not answer")
    finally:
        gateway.start()
    await _wait_until_ready(stack, "gateway")

    await expect(_status(page, words)).to_have_count(0)
    await expect(_photo(page, "01.jpg")).to_be_in_viewport()
    await expect(second).to_contain_text("Stored safely · ready", timeout=READY_MS)
    # What changes after that arrives as before.
    await person.wait_until_ready(await person.upload("third.jpg", jpeg(815)))
    await expect(_photo(uploading, "third.jpg")).to_be_visible()
    for each in (page, uploading):
        await _expect_same_page(each)


async def test_screens_go_on_by_themselves_when_their_service_is_back(
    open_page: OpenPage, library: SampleLibrary, stack: Stack
) -> None:
    hits = await open_page("/favorites", email=library.email)
    await expect(_photo(hits, CAPTION)).to_be_visible()
    settings = await open_page("/settings/general", email=library.email)
    await expect(settings.get_by_text("Language").first).to_be_visible()
    services = [stack.component(name) for name in ("search", "identity")]

    for service in services:
        await asyncio.to_thread(service.stop)
    try:
        searchbox = hits.get_by_role("searchbox", name="Search photos")
        await searchbox.fill("ferry")
        await searchbox.press("Enter")
        await settings.get_by_role("link", name="Security").click()
        failure = hits.get_by_role("alert").filter(has_text=re.compile("."))
        await expect(failure).to_be_visible(timeout=_FAILURE_MS)
        await expect(hits.get_by_role("button", name="Try again")).to_be_visible()
        title = settings.get_by_role("heading", name="This did not work")
        await expect(title).to_be_visible(timeout=_FAILURE_MS)
        for each in (hits, settings):
            await _mark(each)
    finally:
        for service in services:
            service.start()
    for service in services:
        await _wait_until_ready(stack, service.name)

    await expect(failure).to_have_count(0, timeout=_FAILURE_MS)
    await expect(hits.get_by_role("heading", name="ferry", exact=True)).to_be_attached()
    await expect(_photo(hits, CAPTION)).to_be_visible()
    await expect(settings.get_by_text("This device")).to_be_visible(timeout=_FAILURE_MS)
    for each in (hits, settings):
        await _expect_same_page(each)


async def test_photos_are_ready_although_processing_was_killed(
    open_page: OpenPage, person: ApiClient, stack: Stack
) -> None:
    page = await open_page("/", email=person.email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()
    await _mark(page)
    files = _large_photographs()
    processing = stack.component("processing")

    await asyncio.to_thread(processing.stop)
    try:
        await drop(page, files)
        rows = upload_panel(page).get_by_role("row")
        waiting = rows.filter(has_text="Stored safely · waiting to be processed")
        await expect(waiting).to_have_count(len(files), timeout=READY_MS)
    finally:
        processing.start()
    # In the midst of the first of them.
    await expect(waiting).not_to_have_count(len(files), timeout=READY_MS)
    await asyncio.to_thread(processing.kill)

    for row in await rows.all():
        await expect(row).to_contain_text("Stored safely · ready", timeout=READY_MS)
    # Each is on its own day, and only there: it was on the day of its upload before.
    for name in files:
        link = page.get_by_role("link", name=name, exact=True)
        cell = page.get_by_role("gridcell").filter(has=link)
        await expect(cell).to_have_count(1)
        await expect(cell.locator("img")).to_be_visible()
    await expect(page.get_by_role("heading", name="May 2025")).to_be_visible()
    await _expect_same_page(page)


def _large_photographs() -> Mapping[str, bytes]:
    """Return photographs of May 2025 that take processing a while."""
    exif = Image.Exif()
    taken_at = datetime(2025, 5, 9, 12)
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    return {
        f"large-{number}.jpg": encode(
            random_image(820 + number, 3000, 2000), "JPEG", quality=80, exif=exif
        )
        for number in range(5)
    }
