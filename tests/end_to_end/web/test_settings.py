"""What a person sets holds: API keys, language and theme, the home zone, the password."""

import httpx
from playwright.async_api import expect

from testing.api_client import PASSWORD, ApiClient
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage, sign_in

NEW_PASSWORD = "heather on seven quiet hills"


async def test_a_key_is_made_with_its_scopes_and_deleted(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/settings/keys", email=person.email)
    await page.get_by_label("What it is for").fill("picture frame")
    await page.get_by_role("checkbox", name="Upload and change photos").uncheck()
    await page.get_by_role("button", name="Create key").click()

    key = await page.locator("code").text_content()
    row = page.get_by_role("listitem").filter(has_text="picture frame")
    await expect(row).to_contain_text("See photos")
    await expect(row).not_to_contain_text("Upload and change photos")
    headers = {"X-Api-Key": key or ""}
    async with httpx.AsyncClient(base_url=person.http.base_url, headers=headers) as script:
        assert (await script.get("/photos")).status_code == 200
        assert (await script.delete("/trash")).status_code == 403

        await row.get_by_role("button", name="Delete picture frame").click()
        dialog = page.get_by_role("alertdialog", name="Delete picture frame")
        await dialog.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("There are no API keys.")).to_be_visible()

        async def is_refused() -> bool:
            return (await script.get("/photos")).status_code == 401

        # A service remembers a key for some seconds.
        await eventually(is_refused, "the key works no more", 60)


async def test_language_theme_and_home_zone_stay(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/settings/general", email=person.email)
    root = page.locator("html")
    await page.get_by_role("radio", name="Dark").check()
    await expect(root).to_have_attribute("data-theme", "dark")
    await page.get_by_label("Home zone").select_option("Asia/Tokyo")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await page.get_by_label("Language").select_option("de")
    await expect(root).to_have_attribute("lang", "de")

    await page.reload()

    await expect(root).to_have_attribute("lang", "de")
    await expect(root).to_have_attribute("data-theme", "dark")
    settings = await person.json("GET", "/timeline/settings")
    assert settings["home_zone"] == "Asia/Tokyo"


async def test_a_changed_password_is_the_only_one(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/settings/security", email=person.email)
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()

    other = await open_page("/login")
    await sign_in(other, person.email)
    await expect(other.get_by_role("alert")).to_be_visible()
    await sign_in(other, person.email, NEW_PASSWORD)
    await expect(other.get_by_role("navigation", name="Main")).to_be_visible()
