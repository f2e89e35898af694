"""From the sign-in page to the trash and back with keys alone, and always a focus to be seen."""

import re

from playwright.async_api import Locator, Page, expect

from testing.api_client import PASSWORD, ApiClient
from testing.images import jpeg
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary

_FOCUS = """() => {
  const { activeElement } = document;
  const box = activeElement.getBoundingClientRect();
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(activeElement);
  const isOutlined = outlineStyle !== "none" && outlineWidth !== "0px";
  return {
    isSomewhere: activeElement !== document.body,
    isInWindow: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    isMarked: isOutlined || boxShadow !== "none",
  };
}"""
_MOST_TABS = 40


async def _expect_focus_to_be_seen(page: Page) -> None:
    focus = await page.evaluate(_FOCUS)
    assert focus == {"isSomewhere": True, "isInWindow": True, "isMarked": True}, focus


async def _tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus; what has it on the way is seen too."""
    await expect(target).to_be_visible()
    for _ in range(_MOST_TABS):
        await page.keyboard.press("Tab")
        await _expect_focus_to_be_seen(page)
        if await target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{_MOST_TABS} times Tab do not lead to {target}")


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name, exact=True)


async def test_from_signing_in_to_the_trash_and_undo_by_keys_alone(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/login")
    await expect(page.get_by_label("Email")).to_be_focused()
    await page.keyboard.type(library.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(_photo(page, CAPTION)).to_be_visible()

    # Into the grid by Tab, within it by arrows, into the viewer and back by Enter and Escape.
    first = page.get_by_role("grid", name="Photos").get_by_role("link").first
    await _tab_to(page, first)
    for _ in range(6):
        if await _photo(page, CAPTION).evaluate("link => link === document.activeElement"):
            break
        await page.keyboard.press("ArrowRight")
        await _expect_focus_to_be_seen(page)
    await expect(_photo(page, CAPTION)).to_be_focused()
    await page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Photo")
    await expect(viewer.get_by_role("img", name=CAPTION)).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(viewer.get_by_role("img", name="19.jpg")).to_be_visible()
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await _tab_to(page, viewer.get_by_role("button", name="Information"))
    await page.keyboard.press("Enter")
    await expect(viewer.get_by_role("complementary", name="Information")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(_photo(page, "19.jpg")).to_be_focused()
    await _expect_focus_to_be_seen(page)

    # Into the trash: the focus is on what is in its place.
    await page.keyboard.press("Space")
    toolbar = page.get_by_role("toolbar", name="Selection")
    await expect(toolbar).to_contain_text("1 selected")
    await page.keyboard.press("Delete")
    await expect(_photo(page, "19.jpg")).to_have_count(0)
    await expect(page.locator("[role=grid] :focus")).to_have_count(1)
    await _expect_focus_to_be_seen(page)

    # Undo, by the toast, which stays while it has the focus.
    undo = page.get_by_role("status", name="Undo")
    await _tab_to(page, undo.get_by_role("button", name="Undo"))
    await page.keyboard.press("Enter")
    await expect(_photo(page, "19.jpg")).to_be_visible()
    await expect(page.locator(":focus")).to_have_count(1)
    await _expect_focus_to_be_seen(page)

    # The same by the toolbar, to which Shift and Tab lead.
    await _photo(page, "18.jpg").focus()
    await page.keyboard.press("Space")
    trash = toolbar.get_by_role("button", name="Move to trash")
    await expect(trash).to_be_visible()
    await trash.focus()
    await page.keyboard.press("Enter")
    await expect(_photo(page, "18.jpg")).to_have_count(0)
    await expect(page.locator("[role=grid] :focus")).to_have_count(1)
    await _tab_to(page, undo.get_by_role("button", name="Undo").last)
    await page.keyboard.press("Enter")
    await expect(_photo(page, "18.jpg")).to_be_visible()


async def test_the_focus_comes_back_from_menus_and_dialogs(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/trash", email=library.email)
    empty = page.get_by_role("button", name="Empty trash")
    await _tab_to(page, empty)
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog", name="Empty the trash?")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(empty).to_be_focused()

    account = page.get_by_role("button", name="Account", exact=True)
    await account.focus()
    await page.keyboard.press("Enter")
    menu = page.get_by_role("menu", name="Account")
    await expect(menu).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(account).to_be_focused()


async def test_hits_and_favourites_are_selected_and_thrown_away_by_keys(
    open_page: OpenPage, person: ApiClient
) -> None:
    ids = [await person.upload(f"walrus-{number}.jpg", jpeg(790 + number)) for number in range(4)]
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
    await person.json("POST", "/photos/batch", json={"ids": ids, "action": "favorite"})
    for photo_id in ids:
        await person.wait_for_hit(photo_id, q="walrus", favorite="true")
    page = await open_page("/search?q=walrus", email=person.email)
    toolbar = page.get_by_role("toolbar", name="Selection")
    links = page.get_by_role("grid").get_by_role("link", name=re.compile(r"^walrus-\d\.jpg$"))
    await expect(links).to_have_count(4)
    await links.first.focus()
    await page.keyboard.press("Space")
    await expect(toolbar).to_contain_text("1 selected")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+Space")
    await expect(toolbar).to_contain_text("3 selected")
    await page.keyboard.press("Escape")
    await expect(toolbar).to_have_count(0)
    await page.keyboard.press("Control+a")
    await expect(toolbar).to_contain_text("4 selected")
    await page.keyboard.press("Escape")
    await links.first.press("Space")
    await expect(toolbar).to_contain_text("1 selected")
    await page.keyboard.press("Delete")
    await expect(links).to_have_count(3)

    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Favorites").click()
    await expect(links).to_have_count(3)
    await links.first.press("Space")
    await expect(toolbar).to_contain_text("1 selected")
    await page.keyboard.press("Delete")
    await expect(links).to_have_count(2)
    await expect(page.locator("[role=grid] :focus")).to_have_count(1)

    async def two_hits() -> list[str]:
        items = (await person.json("GET", "/search", params={"q": "walrus"}))["items"]
        return [item["photo"]["id"] for item in items] if len(items) == 2 else []

    one, _ = await eventually(two_hits, "search knows that two are left", 30)
    await page.goto(f"/search?similar_to={one}")
    await expect(links).to_have_count(1)
    await links.first.press("Space")
    await expect(toolbar).to_contain_text("1 selected")
