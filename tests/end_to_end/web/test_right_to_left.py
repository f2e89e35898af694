"""Arabic: everything runs from right to left, arrows and swipes too."""

import re

from playwright.async_api import Locator, Page, expect

from tests.end_to_end.web.conftest import OpenPage
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary

_NAMES = {
    "/search?q=ferry": CAPTION,
    "/explore": "Lisbon",
    "/duplicates": "original.jpg",
    "/favorites": CAPTION,
    "/trash": "unwanted.jpg",
    "/activity": "half.jpg",
}
"""What is shown by its own name, in whatever language, once a screen is complete."""


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="الصور").get_by_role("link", name=name, exact=True)


async def _left(locator: Locator) -> float:
    box = await locator.bounding_box()
    assert box is not None
    return box["x"]


async def _expect_fit(page: Page, what: str) -> None:
    assert await page.evaluate("document.dir") == "rtl"
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, what


async def test_photos_run_from_right_to_left_and_so_do_their_keys(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/", email=library.email, locale="ar")
    await expect(_photo(page, CAPTION)).to_be_visible()
    await _expect_fit(page, "timeline")
    # Navigation at the right, the scrubber at the left edge.
    navigation = page.get_by_role("navigation", name="التنقل الرئيسي")
    scrubber = page.get_by_role("slider", name="التاريخ")
    assert await _left(navigation) > await _left(_photo(page, CAPTION))
    assert await _left(scrubber) == 0

    # The next photo, an earlier one, is to the left, in the grid and in the viewer.
    await _photo(page, CAPTION).focus()
    await page.keyboard.press("ArrowLeft")
    await expect(_photo(page, "19.jpg")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(_photo(page, CAPTION)).to_be_focused()
    await page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="صورة")
    await expect(viewer.get_by_role("img", name=CAPTION)).to_be_in_viewport()
    next_photo = viewer.get_by_role("button", name="الصورة التالية")
    previous = viewer.get_by_role("button", name="الصورة السابقة")
    await page.keyboard.press("ArrowLeft")
    await expect(viewer.get_by_role("img", name="19.jpg")).to_be_in_viewport()
    assert await _left(next_photo) < await _left(previous)
    for button, to_the_left in ((next_photo, True), (previous, False)):
        assert await _points_left(button) == to_the_left
    await page.keyboard.press("ArrowRight")
    await expect(viewer.get_by_role("img", name=CAPTION)).to_be_in_viewport()
    await page.keyboard.press("i")
    panel = viewer.get_by_role("complementary")
    await expect(panel).to_be_visible()
    assert await _left(panel) < await _left(previous)
    await _expect_fit(page, "viewer")


async def _points_left(button: Locator) -> bool:
    """Return whether a chevron points to the left: its icon's, unless that is mirrored."""
    icon = button.locator("svg")
    name = await icon.get_attribute("class") or ""
    mirrored = await icon.evaluate("icon => getComputedStyle(icon).scale.startsWith('-1')")
    return bool(re.search("chevron-left|arrow-left", name)) != mirrored


async def test_no_screen_is_wider_than_a_phone_in_arabic(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    phone = {"width": 360, "height": 740}
    page = await open_page("/", email=library.email, locale="ar", viewport=phone)
    await expect(_photo(page, CAPTION)).to_be_visible()
    await _expect_fit(page, "timeline")
    for path, name in _NAMES.items():
        await page.goto(path)
        await expect(page.get_by_label(name).or_(page.get_by_text(name)).first).to_be_visible()
        await _expect_fit(page, path)
