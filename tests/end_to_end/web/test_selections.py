"""A person does something with all photos of a list at once, and takes it back."""

import re
from pathlib import Path
from zipfile import ZipFile

from playwright.async_api import Page, expect

from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from tests.end_to_end.test_text_in_pictures import SIGN, sign
from tests.end_to_end.web.conftest import OpenPage, axe_findings, sign_in


async def _add_photos(person: ApiClient, count: int) -> list[str]:
    ids = [await person.upload(f"photo-{number}.jpg", jpeg(number)) for number in range(count)]
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
    return ids


async def _select_all(page: Page) -> None:
    await page.get_by_role("checkbox", name="Select photo-0.jpg").click()
    toolbar = page.get_by_role("toolbar", name="Selection")
    await toolbar.get_by_role("button", name="Select all").click()


async def test_all_photos_go_to_the_trash_and_come_back(
    open_page: OpenPage, person: ApiClient
) -> None:
    ids = await _add_photos(person, 5)
    page = await open_page("/")
    await sign_in(page, person.email)
    await _select_all(page)
    toolbar = page.get_by_role("toolbar", name="Selection")
    await expect(toolbar.get_by_text("5 selected")).to_be_visible()
    await page.get_by_role("checkbox", name="Select photo-3.jpg").click()
    await expect(toolbar.get_by_text("4 selected")).to_be_visible()

    await toolbar.get_by_role("button", name="Move to trash").click()

    toast = page.get_by_role("status", name="Undo").filter(has_text="4 photos are in the trash")
    await expect(toast).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile(r"photo-\d"))).to_have_count(1)
    assert await axe_findings(page) == []
    await toast.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("link", name=re.compile(r"photo-\d"))).to_have_count(5)

    page_of_photos = await person.json("GET", "/photos")
    assert {item["id"] for item in page_of_photos["items"]} == set(ids)


async def test_selected_photos_are_downloaded_as_one_zip_file(
    open_page: OpenPage, person: ApiClient
) -> None:
    await _add_photos(person, 5)
    page = await open_page("/")
    await sign_in(page, person.email)
    toolbar = page.get_by_role("toolbar", name="Selection")
    button = toolbar.get_by_role("button", name="Download")

    await page.get_by_role("checkbox", name="Select photo-1.jpg").click()
    async with page.expect_download() as one:
        await button.click()
    original = await one.value
    assert original.suggested_filename == "photo-1.jpg"
    assert Path(await original.path()).read_bytes() == jpeg(1)

    await _select_all(page)
    await page.get_by_role("checkbox", name="Select photo-3.jpg").click()
    await expect(toolbar.get_by_text("4 selected")).to_be_visible()
    async with page.expect_download() as several:
        await button.click()
    archive = await several.value
    toast = page.get_by_role("status").filter(has_text="4 photos are being downloaded")
    await expect(toast).to_be_visible()
    assert re.fullmatch(r"photos-[\d-]+\.zip", archive.suggested_filename)
    with ZipFile(await archive.path()) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == {
            f"photo-{number}.jpg": jpeg(number) for number in (0, 1, 2, 4)
        }
    await expect(toolbar).to_have_count(0)


async def test_the_text_of_a_picture_is_shown_and_copied(
    open_page: OpenPage, person: ApiClient
) -> None:
    photo_id = await person.upload("sign.jpg", sign(*SIGN))
    await person.wait_until_ready(photo_id)

    async def text() -> str:
        read: str | None = (await person.photo(photo_id))["text"]
        return read or ""

    read = await eventually(text, "the photo has the text of its picture", timeout_s=60)
    page = await open_page("/", permissions=["clipboard-read", "clipboard-write"])
    await sign_in(page, person.email)
    await page.get_by_role("link", name="sign.jpg").click()
    await page.get_by_role("dialog", name="Photo").wait_for()
    await page.keyboard.press("i")
    panel = page.get_by_role("complementary", name="Information")

    await expect(panel.get_by_role("heading", name="Text in the picture")).to_be_visible()
    await expect(panel.get_by_text("GYRFALCON")).to_be_visible()
    await panel.get_by_role("button", name="Copy text").click()

    await expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == read


async def _open_with_a_tagged_neighbour(open_page: OpenPage, person: ApiClient) -> tuple[Page, str]:
    """Open one of two photos, of which the other has a tag; return the page and the photo's id."""
    first, second = await _add_photos(person, 2)
    await person.json("PATCH", f"/photos/{first}", json={"tags_add": ["Harbour cranes"]})

    async def is_suggested() -> bool:
        page = await person.json("GET", "/search/suggest", params={"q": "harb", "limit": 50})
        return "tag" in {item["kind"] for item in page["items"]}

    await eventually(is_suggested, "the tag is suggested", timeout_s=60)
    page = await open_page("/", email=person.email)
    await page.get_by_role("link", name="photo-1.jpg").click()
    await page.get_by_role("dialog", name="Photo").wait_for()
    await page.keyboard.press("i")
    return page, second


async def _wait_for_tags(person: ApiClient, photo_id: str, *names: str) -> None:
    """The client shows them before the platform has them."""

    async def has_tags() -> bool:
        tags = {tag["name"].lower() for tag in (await person.photo(photo_id))["tags"]}
        return tags.issuperset(names)

    await eventually(has_tags, f"the photo has the tags {names}")


async def test_a_tag_of_the_library_is_completed_by_keys(
    open_page: OpenPage, person: ApiClient
) -> None:
    page, photo_id = await _open_with_a_tagged_neighbour(open_page, person)
    panel = page.get_by_role("complementary", name="Information")
    field = panel.get_by_role("combobox", name="Add a tag")

    await field.press_sequentially("harb")
    option = page.get_by_role("option", name=re.compile("harbour cranes", re.IGNORECASE))
    await expect(option).to_be_visible()
    assert await axe_findings(page) == []
    await page.keyboard.press("ArrowDown")
    await expect(option).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")

    remove = panel.get_by_role("button", name=re.compile("Remove harbour cranes", re.IGNORECASE))
    await expect(remove).to_be_visible()
    await expect(field).to_have_value("")
    await expect(page.get_by_role("dialog", name="Photo")).to_be_visible()
    await _wait_for_tags(person, photo_id, "harbour cranes")

    # The one tag that is suggested for this is the photo's now.
    await field.press_sequentially("harb")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await remove.click()
    await expect(remove).to_have_count(0)
    await field.fill("cool, harb")
    await option.click()
    await expect(remove).to_be_visible()
    await expect(field).to_be_focused()
    await _wait_for_tags(person, photo_id, "cool", "harbour cranes")


async def test_the_list_of_tags_leaves_the_rest_of_the_viewer_as_it_is(
    open_page: OpenPage, person: ApiClient
) -> None:
    page, photo_id = await _open_with_a_tagged_neighbour(open_page, person)
    dialog = page.get_by_role("dialog", name="Photo")
    field = dialog.get_by_role("combobox", name="Add a tag")
    option = page.get_by_role("option")

    await field.press_sequentially("harb")
    await expect(option).to_have_count(1)
    await expect(dialog.get_by_role("button", name="Close", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(option).to_have_count(0)
    await expect(field).to_have_value("harb")

    # Keys of the viewer are letters here, and what is written is taken, not what is suggested.
    await field.fill("")
    await field.press_sequentially("fi, harb")
    await expect(option).to_have_count(1)
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    for name in ("fi", "harb"):
        await expect(
            dialog.get_by_role("button", name=f"Remove {name}", exact=True)
        ).to_be_visible()
    await expect(option).to_have_count(0)
    await expect(field).to_have_value("")
    await expect(dialog.get_by_role("img", name="photo-1.jpg")).to_be_visible()
    favorite = dialog.get_by_role("button", name="Favorite")
    await expect(favorite).to_have_attribute("aria-pressed", "false")
    await _wait_for_tags(person, photo_id, "fi", "harb")
