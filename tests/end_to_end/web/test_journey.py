"""A person from the first visit to a photo that is found by what was written about it."""

import re

from playwright.async_api import Locator, Page, expect

from pichaven_chassis.ids import new_id
from testing.api_client import PASSWORD
from testing.polling import eventually
from testing.sketches import Wish
from testing.sketches.photographs import Photograph, photograph
from testing.sketches.scenes import Setting
from tests.end_to_end.web.conftest import OpenPage
from tests.end_to_end.web.uploading import (
    READY_MS,
    drop,
    shown_steps,
    upload_panel,
    watch_rows,
)

SETTINGS: tuple[Setting, ...] = ("beach", "forest", "city")
CAPTION = "Ferry in the fog"


def _take_photographs() -> dict[str, Photograph]:
    """Return twelve drawn photographs, four of each setting, by their file names."""
    taken = [
        photograph(
            930_000 + 10 * kind + number,
            width=800,
            height=600,
            wish=Wish(setting=setting, hour="day"),
        )
        for kind, setting in enumerate(SETTINGS)
        for number in range(4)
    ]
    return {each.filename: each for each in taken}


def _hits(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name)


async def test_from_signing_up_to_a_photo_that_is_found_by_its_new_caption(
    open_page: OpenPage,
) -> None:
    photographs = _take_photographs()
    page = await open_page("/register")
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.get_by_label("Email").fill(f"{new_id()}@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()

    await drop(page, {name: each.jpeg for name, each in photographs.items()})
    rows = upload_panel(page).get_by_role("row")
    await expect(rows).to_have_count(len(photographs))
    await watch_rows(page)
    for row in await rows.all():
        await expect(row).to_contain_text("Stored safely · ready", timeout=READY_MS)
    assert await shown_steps(page)
    await upload_panel(page).get_by_role("button", name="Close").click()

    # By what it shows. What the picture shows is known a moment after it is ready.
    beaches = [name for name, each in photographs.items() if "beach" in each.tags]
    any_beach = re.compile("|".join(map(re.escape, beaches)))
    searchbox = page.get_by_role("searchbox", name="Search photos")
    await searchbox.fill("beach")
    await searchbox.press("Enter")

    async def is_found_by_content() -> bool:
        await page.reload()
        await expect(page.get_by_role("heading", name="beach", exact=True)).to_be_attached()
        await expect(_hits(page, re.compile("JPG$")).first).to_have_accessible_name(any_beach)
        return True

    await eventually(is_found_by_content, "a beach is the first hit", 60)

    # By its place, which leads to it.
    await page.get_by_role("link", name="Explore").click()
    places = page.get_by_role("region", name="Places").get_by_role("link")
    place = re.match(r"(.+?)\D*(\d+) photos?$", await _name_of(places.first))
    assert place is not None
    await places.first.click()
    await expect(page).to_have_url(re.compile(r"/search\?place="))
    name = re.compile(r"^(?!Photos similar to).*JPG$")
    await expect(_hits(page, name)).to_have_count(int(place[2]))

    hit = _hits(page, name).first
    filename = await _name_of(hit)
    await hit.click()
    viewer = page.get_by_role("dialog", name="Photo")
    await expect(viewer.get_by_role("img", name=filename)).to_be_visible()
    await page.keyboard.press("i")
    panel = viewer.get_by_role("complementary", name="Information")
    await panel.get_by_label("Caption").fill(CAPTION)
    await page.keyboard.press("Enter")
    await panel.get_by_label("Add a tag").fill("crossing")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("button", name="Remove crossing")).to_be_visible()
    favorite = viewer.get_by_role("button", name="Favorite")
    await favorite.click()
    await expect(favorite).to_have_attribute("aria-pressed", "true")
    await expect(viewer.get_by_role("img", name=CAPTION)).to_be_visible()

    await viewer.get_by_role("button", name="Move to trash").click()
    undo = page.get_by_role("status", name="Undo")
    await undo.get_by_role("button", name="Undo").click()
    await expect(undo).to_have_count(0)
    await page.goto("/trash")
    await expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()

    await searchbox.fill(CAPTION)
    await searchbox.press("Enter")
    await expect(page.get_by_role("heading", name=CAPTION, exact=True)).to_be_attached()

    async def is_found_by_caption() -> bool:
        await page.reload()
        await expect(page.get_by_role("heading", name=CAPTION, exact=True)).to_be_attached()
        await expect(_hits(page, CAPTION).first).to_be_visible()
        return True

    await eventually(is_found_by_caption, "the photo is found by its caption", 60)
    await page.goto("/favorites")
    await expect(_hits(page, CAPTION)).to_be_visible()


async def _name_of(link: Locator) -> str:
    """Return the accessible name of a link, once it is there."""
    await expect(link).to_be_visible()
    return await link.get_attribute("aria-label") or await link.inner_text()
