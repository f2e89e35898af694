"""A person looks at photos one by one, writes about them, and throws one away."""

import re

import pytest
from playwright.async_api import Locator, expect

from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage, axe_findings, sign_in

_HOURS = ("2024-05-01T12:00:00+02:00", "2024-05-01T11:00:00+02:00", "2024-05-01T10:00:00+02:00")


async def _three_photos(person: ApiClient) -> list[str]:
    """Upload three photos, the latest first in the timeline; return their ids in that order."""
    ids = []
    for number, hour in enumerate(_HOURS):
        data = jpeg(number, 1_200, 800)
        ids.append(await person.upload(f"photo-{number}.jpg", data))
        await person.wait_until_ready(ids[-1])
        await person.json("PATCH", f"/photos/{ids[-1]}", json={"taken_at": hour})
    return ids


def _picture(dialog: Locator, name: str) -> Locator:
    return dialog.get_by_role("img", name=name)


async def test_a_photo_is_opened_described_and_thrown_away(
    open_page: OpenPage, person: ApiClient
) -> None:
    first, second, _third = await _three_photos(person)
    page = await open_page("/")
    await sign_in(page, person.email)
    await page.get_by_role("link", name="photo-0.jpg").click()
    dialog = page.get_by_role("dialog", name="Photo")
    await expect(_picture(dialog, "photo-0.jpg")).to_be_visible()
    await expect(page).to_have_url(re.compile(f"/photos/{first}$"))

    # What is written is saved, each on the version of the one before.
    await page.keyboard.press("i")
    panel = dialog.get_by_role("complementary", name="Information")
    await panel.get_by_label("Caption").fill("Ferry in the fog")
    await page.keyboard.press("Enter")
    await panel.get_by_label("Add a tag").fill("harbour")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("button", name="Remove harbour")).to_be_visible()
    favorite = dialog.get_by_role("button", name="Favorite")
    await favorite.click()
    await expect(favorite).to_have_attribute("aria-pressed", "true")
    await expect(_picture(dialog, "Ferry in the fog")).to_be_visible()

    # Stepping adds nothing to the history.
    await dialog.get_by_role("button", name="Next photo").click()
    await expect(_picture(dialog, "photo-1.jpg")).to_be_visible()
    await expect(page).to_have_url(re.compile(f"/photos/{second}$"))
    await page.keyboard.press("ArrowLeft")
    await expect(_picture(dialog, "Ferry in the fog")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(_picture(dialog, "photo-1.jpg")).to_be_visible()

    await page.keyboard.press("Delete")
    await expect(_picture(dialog, "photo-2.jpg")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Next photo")).to_be_disabled()
    await dialog.get_by_role("button", name="Undo").click()
    await expect(_picture(dialog, "photo-1.jpg")).to_be_visible()

    await page.go_back()
    await expect(dialog).to_have_count(0)
    await expect(page).to_have_url(re.compile("/$"))
    await expect(page.get_by_role("link", name="photo-1.jpg")).to_be_focused()

    async def is_saved() -> bool:
        photo = await person.photo(first)
        tags = {tag["name"] for tag in photo["tags"]}
        restored = (await person.photo(second))["trashed_at"] is None
        described = (photo["caption"], photo["favorite"]) == ("Ferry in the fog", True)
        return described and "harbour" in tags and restored

    await eventually(is_saved, "all changes are saved, and nothing is in the trash")


async def test_a_change_of_somebody_else_is_not_overwritten(
    open_page: OpenPage, person: ApiClient
) -> None:
    first, *_others = await _three_photos(person)
    page = await open_page(f"/photos/{first}")
    # A live update would show the other change before this one is made.
    await page.route(re.compile("/api/v1/events"), lambda route: route.abort())
    await sign_in(page, person.email)
    dialog = page.get_by_role("dialog", name="Photo")
    await dialog.get_by_role("button", name="Information").click()
    panel = dialog.get_by_role("complementary", name="Information")
    caption = panel.get_by_label("Caption")
    await expect(caption).to_be_visible()

    await person.json("PATCH", f"/photos/{first}", json={"caption": "Theirs"})
    await caption.fill("Mine")
    await page.keyboard.press("Enter")

    await expect(panel.get_by_role("alert").first).to_contain_text("changed elsewhere")
    await expect(caption).to_have_value("Theirs")
    async with page.expect_response(
        lambda response: response.request.method == "PATCH" and response.ok
    ):
        await panel.get_by_role("button", name="Try again").click()
    await expect(caption).to_have_value("Mine")
    assert (await person.photo(first))["caption"] == "Mine"


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_viewer_zooms_lists_its_keys_and_has_no_faults_that_axe_finds(
    open_page: OpenPage, person: ApiClient, theme: str
) -> None:
    first, second, _third = await _three_photos(person)
    page = await open_page(f"/photos/{first}", color_scheme=theme)
    await sign_in(page, person.email)
    dialog = page.get_by_role("dialog", name="Photo")
    picture = _picture(dialog, "photo-0.jpg")
    await expect(picture).to_be_visible()

    zoom_out = dialog.get_by_role("button", name="Zoom out")
    await expect(zoom_out).to_be_disabled()
    await page.keyboard.press("+")
    await expect(zoom_out).to_be_enabled()
    await page.keyboard.press("0")
    await expect(zoom_out).to_be_disabled()

    await page.keyboard.press("i")
    await expect(dialog.get_by_role("complementary", name="Information")).to_be_visible()
    assert await axe_findings(page) == []
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert await axe_findings(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()

    # A photo that was opened by its address has the neighbours of the timeline.
    await page.keyboard.press("ArrowRight")
    await expect(page).to_have_url(re.compile(f"/photos/{second}$"))
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("link", name="photo-1.jpg")).to_be_visible()
