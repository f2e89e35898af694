"""What one person has, another one never sees, whatever address is opened."""

from urllib.parse import quote

from playwright.async_api import expect

from testing.api_client import ApiClient
from tests.end_to_end.web.conftest import OpenPage, sign_in
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary


async def test_another_owner_finds_nothing_at_any_address(
    open_page: OpenPage, library: SampleLibrary, stranger: ApiClient
) -> None:
    page = await open_page("/", email=stranger.email)
    answers = {
        "/": "Your photos will be here",
        f"/photos/{library.captioned}": "There is no such photo",
        f"/?photo={library.captioned}": "There is no such photo",
        f"/search?q={quote(CAPTION)}": "Nothing found",
        f"/search?similar_to={library.captioned}": "This does not exist, or not any more.",
        "/search?place=Lisbon": "Nothing found",
        "/map?bbox=-10,38,-9,39": "No photos with a place yet",
        "/explore": "Nothing to explore yet",
        "/duplicates": "No duplicates",
        "/favorites": "No favorites yet",
        "/trash": "The trash is empty",
        "/activity": "Nothing is waiting",
    }
    for path, words in answers.items():
        await page.goto(path)
        await expect(page.get_by_text(words, exact=True)).to_be_visible()
        for name in (*library.ids, CAPTION):
            await expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


async def test_nothing_of_the_account_before_is_left_in_a_tab(
    open_page: OpenPage, library: SampleLibrary, stranger: ApiClient
) -> None:
    page = await open_page("/", email=library.email)
    photo = page.get_by_role("link", name=CAPTION, exact=True)
    await expect(photo).to_be_visible()
    await page.get_by_role("link", name="Favorites").click()
    await expect(photo).to_be_visible()

    await page.get_by_role("button", name="Account", exact=True).click()
    await page.get_by_role("menuitem", name="Sign out", exact=True).click()
    await sign_in(page, stranger.email)

    await expect(page.get_by_role("heading", name="No favorites yet")).to_be_visible()
    await page.get_by_role("link", name="Photos", exact=True).click()
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()
    await expect(photo).to_have_count(0)
