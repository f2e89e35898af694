"""The timeline of a library that grows and shrinks: selection, trash and undo, favorites."""

import asyncio
import re
from datetime import datetime

from PIL import Image
from playwright.async_api import Locator, Page, Route, expect

from testing.api_client import ApiClient
from testing.images import jpeg
from tests.end_to_end.web.conftest import OpenPage, axe_findings, enter

_EXIF_IFD = 0x8769
_DATE_TIME_ORIGINAL = 0x9003


async def _upload(person: ApiClient, name: str, seed: int, taken_at: datetime) -> str:
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_DATE_TIME_ORIGINAL] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    return await person.upload(name, jpeg(seed, exif=exif.tobytes()))


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name, exact=True)


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar", name="Selection").get_by_role("button", name=name)


async def test_photos_come_live_and_go_to_the_trash_and_back(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/")
    await enter(page, person.email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()

    # Uploaded elsewhere: they appear without a reload, on the days they were taken.
    await asyncio.gather(
        _upload(person, "one.jpg", 201, datetime(2026, 6, 13, 18)),
        _upload(person, "two.jpg", 202, datetime(2026, 6, 13, 12)),
        _upload(person, "three.jpg", 203, datetime(2025, 2, 2, 9)),
    )
    day = page.get_by_role("heading", name=re.compile("June 13"))
    await expect(day).to_be_visible()
    await expect(page.get_by_role("heading", name=re.compile("February 2, 2025"))).to_be_visible()
    for name in ("one.jpg", "two.jpg", "three.jpg"):
        link = page.get_by_role("link", name=name, exact=True)
        cell = page.get_by_role("gridcell").filter(has=link)
        await expect(cell.locator("img")).to_be_visible()
    assert await axe_findings(page) == []

    await day.hover()
    await page.get_by_role("checkbox", name=re.compile("Select .*June 13")).click()
    await expect(page.get_by_role("toolbar", name="Selection")).to_contain_text("2 selected")
    assert await axe_findings(page) == []
    await _button(page, "Move to trash").click()
    await expect(_photo(page, "one.jpg")).to_have_count(0)
    await expect(_photo(page, "two.jpg")).to_have_count(0)
    undo = page.get_by_role("status", name="Undo")
    await expect(undo).to_contain_text("2 photos are in the trash.")
    await undo.get_by_role("button", name="Undo").click()
    await expect(_photo(page, "one.jpg")).to_be_visible()
    await expect(_photo(page, "two.jpg")).to_be_visible()

    # By keyboard alone: select, move to the trash.
    await _photo(page, "one.jpg").focus()
    await page.keyboard.press("ArrowRight")
    await expect(_photo(page, "two.jpg")).to_be_focused()
    await page.keyboard.press("Space")
    await page.keyboard.press("Delete")
    await expect(_photo(page, "two.jpg")).to_have_count(0)
    await expect(undo).to_be_visible()

    await page.goto("/trash")
    await expect(_photo(page, "two.jpg")).to_be_visible()
    await expect(page.get_by_text("30 days left")).to_be_visible()
    assert await axe_findings(page) == []
    await _photo(page, "two.jpg").focus()
    await page.keyboard.press("Space")
    await _button(page, "Restore").click()
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    await page.goto("/")
    await expect(_photo(page, "two.jpg")).to_be_visible()


async def test_what_fails_comes_back_with_words(open_page: OpenPage, person: ApiClient) -> None:
    await _upload(person, "one.jpg", 211, datetime(2026, 6, 13, 18))
    page = await open_page("/")
    await enter(page, person.email)

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, json={})

    await page.route("**/api/v1/photos/batch", refuse)
    await _photo(page, "one.jpg").focus()
    await page.keyboard.press("Space")
    await _button(page, "Favorite").click()
    await expect(page.get_by_text("1 photo could not be changed.")).to_be_visible()

    await page.unroute("**/api/v1/photos/batch")
    await _photo(page, "one.jpg").focus()
    await page.keyboard.press("Space")
    await _button(page, "Favorite").click()
    await expect(page.get_by_role("status", name="Undo")).to_be_visible()
    await page.goto("/favorites")
    await expect(_photo(page, "one.jpg")).to_be_visible()
    assert await axe_findings(page) == []


async def test_the_place_in_the_timeline_is_kept(open_page: OpenPage, person: ApiClient) -> None:
    ids = await asyncio.gather(
        *(
            _upload(person, f"{month}.jpg", 220 + month, datetime(2025, month, 5, 12))
            for month in range(1, 9)
        )
    )
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
    page = await open_page("/")
    await enter(page, person.email)
    await expect(_photo(page, "8.jpg")).to_be_visible()

    scrubber = page.get_by_role("slider", name="Date")
    await scrubber.focus()
    await page.keyboard.press("End")
    await expect(_photo(page, "1.jpg")).to_be_in_viewport()
    await page.keyboard.press("Home")
    await expect(_photo(page, "8.jpg")).to_be_in_viewport()
    for month in ("Jul 2025", "Jun 2025", "May 2025"):
        await page.keyboard.press("ArrowDown")
        await expect(scrubber).to_have_attribute("aria-valuetext", month)
    await expect(_photo(page, "5.jpg")).to_be_in_viewport()

    before = await page.evaluate("scrollY")
    await _photo(page, "5.jpg").click()
    await expect(page.get_by_role("dialog", name="Photo")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Photo")).to_have_count(0)
    await expect(_photo(page, "5.jpg")).to_be_focused()
    assert await page.evaluate("scrollY") == before

    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    await page.go_back()
    await expect(_photo(page, "5.jpg")).to_be_in_viewport()
    await expect(scrubber).to_have_attribute("aria-valuetext", "May 2025")
