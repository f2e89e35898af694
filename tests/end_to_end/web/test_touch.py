"""Fingers on a phone and a tablet: tap, swipe, long press, sheets."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.end_to_end.web.conftest import OpenPage
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True}


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name, exact=True)


async def _swipe(page: Page, share: float) -> None:
    """Move a finger over the middle of the window by a share of its width to the right.

    Half of it is a swipe however slowly a busy machine moves the finger.
    """
    size = page.viewport_size
    assert size is not None
    by = size["width"] * share
    x, y = size["width"] / 2 - by / 2, size["height"] / 2
    session = await page.context.new_cdp_session(page)

    async def touch(kind: str, *points: dict[str, float]) -> None:
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await touch("touchStart", {"x": x, "y": y})
    for step in range(1, 6):
        await touch("touchMove", {"x": x + by * step / 5, "y": y})
    await touch("touchEnd")
    await session.detach()


@pytest.mark.parametrize("size", [PHONE, TABLET], ids=["phone", "tablet"])
async def test_photos_are_looked_through_chosen_and_found_by_touch(
    open_page: OpenPage, library: SampleLibrary, size: dict[str, Any]
) -> None:
    page = await open_page("/", email=library.email, **size)
    await _photo(page, CAPTION).tap()
    viewer = page.get_by_role("dialog", name="Photo")
    await expect(viewer.get_by_role("img", name=CAPTION)).to_be_in_viewport()
    await _swipe(page, -0.5)
    await expect(viewer.get_by_role("img", name="19.jpg")).to_be_in_viewport()
    await _swipe(page, 0.5)
    await expect(viewer.get_by_role("img", name=CAPTION)).to_be_in_viewport()
    await viewer.get_by_role("button", name="Information").tap()
    panel = viewer.get_by_role("complementary", name="Information")
    await expect(panel.get_by_label("Caption")).to_have_value(CAPTION)
    await panel.get_by_role("button", name="Hide details").tap()
    await viewer.get_by_role("button", name="Close").tap()
    await expect(viewer).to_have_count(0)

    # A long press begins a selection, in which a tap selects.
    await _press_long(page, _photo(page, CAPTION))
    toolbar = page.get_by_role("toolbar", name="Selection")
    await expect(toolbar).to_contain_text("1 selected")
    await _photo(page, "19.jpg").tap()
    await expect(toolbar).to_contain_text("2 selected")
    await toolbar.get_by_role("button", name="Clear selection").tap()
    await expect(toolbar).to_have_count(0)

    searchbox = page.get_by_role("searchbox", name="Search photos")
    await searchbox.tap()
    await searchbox.fill("ferry")
    await searchbox.press("Enter")
    await expect(page.get_by_role("heading", name="ferry", exact=True)).to_be_attached()
    await expect(_photo(page, CAPTION)).to_be_visible()

    navigation = page.get_by_role("navigation", name="Main")
    await navigation.get_by_role("link", name="Map").tap()
    await page.get_by_role("button", name="Photos in this view").tap()
    await expect(page.get_by_role("link", name=CAPTION, exact=True)).to_be_visible()
    await navigation.get_by_role("button", name="More").tap()
    sheet = page.get_by_role("dialog", name="More")
    await sheet.get_by_role("link", name="Trash").tap()
    await expect(_photo(page, "unwanted.jpg")).to_be_visible()


async def _press_long(page: Page, target: Locator) -> None:
    box = await target.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = await page.context.new_cdp_session(page)
    start = {"type": "touchStart", "touchPoints": [point]}
    await session.send("Input.dispatchTouchEvent", start)
    await expect(page.get_by_role("toolbar", name="Selection")).to_be_visible()
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()
