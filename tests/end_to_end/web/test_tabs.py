"""Two tabs of one owner show the same library, without a reload."""

from datetime import datetime

from PIL import ExifTags, Image
from playwright.async_api import Locator, Page, expect

from testing.api_client import ApiClient
from testing.images import jpeg
from tests.end_to_end.web.conftest import OpenPage
from tests.end_to_end.web.uploading import drop


def _taken(moment: datetime) -> Image.Exif:
    exif = Image.Exif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = moment.strftime("%Y:%m:%d %H:%M:%S")
    return exif


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name, exact=True)


async def _press_in_selection(page: Page, photo: str, button: str) -> None:
    await _photo(page, photo).focus()
    await page.keyboard.press("Space")
    toolbar = page.get_by_role("toolbar", name="Selection")
    await toolbar.get_by_role("button", name=button).click()


async def test_two_tabs_of_one_owner_stay_equal(open_page: OpenPage, person: ApiClient) -> None:
    alone = await person.upload("alone.jpg", jpeg(801, exif=_taken(datetime(2026, 6, 13, 18))))
    other = await person.upload("other.jpg", jpeg(802, exif=_taken(datetime(2026, 3, 2, 9))))
    for photo_id in (alone, other):
        await person.wait_until_ready(photo_id)
    one = await open_page("/", email=person.email)
    two = await one.context.new_page()
    await two.goto("/")
    lists = await one.context.new_page()
    await lists.goto("/favorites")
    await expect(lists.get_by_role("heading", name="No favorites yet")).to_be_visible()
    for page in (one, two):
        await expect(_photo(page, "alone.jpg")).to_be_visible()
        await expect(_photo(page, "other.jpg")).to_be_visible()

    await _press_in_selection(one, "alone.jpg", "Favorite")
    await expect(_photo(lists, "alone.jpg")).to_be_visible()

    # The only photo of its month: the other tab has no heading for the month either.
    june = two.get_by_role("heading", name="June 2026")
    await expect(june).to_be_visible()
    await _press_in_selection(one, "alone.jpg", "Move to trash")
    await expect(_photo(two, "alone.jpg")).to_have_count(0)
    await expect(june).to_have_count(0)
    await expect(_photo(lists, "alone.jpg")).to_have_count(0)
    await expect(_photo(two, "other.jpg")).to_be_visible()

    # Back from the other tab.
    await two.goto("/trash")
    await _press_in_selection(two, "alone.jpg", "Restore")
    await expect(_photo(one, "alone.jpg")).to_be_visible()
    await expect(_photo(lists, "alone.jpg")).to_be_visible()

    await drop(two, {"new.jpg": jpeg(803, exif=_taken(datetime(2026, 6, 14, 9)))})
    await expect(_photo(one, "new.jpg")).to_be_visible()
    await expect(_photo(one, "alone.jpg")).to_be_visible()
