"""A person uploads: by dropping, with the tab closed in the middle, in two tabs, and failures."""

import re
from pathlib import Path

from playwright.async_api import Page, Route, expect

from testing.api_client import ApiClient
from testing.images import encode, jpeg, random_image, truncated_jpeg
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage, axe_findings, enter
from tests.end_to_end.web.uploading import (
    READY_MS,
    drop,
    shown_steps,
    upload_panel,
    watch_rows,
)

_PART = re.compile("partNumber=")


async def _expect_photos(person: ApiClient, count: int) -> None:
    async def check() -> bool:
        page = await person.json("GET", "/photos?limit=100")
        assert len(page["items"]) == count
        return True

    await eventually(check, f"the library has {count} photos", 60)


async def test_twelve_dropped_photographs_are_stored_and_processed_before_ones_eyes(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/login")
    await enter(page, person.email)
    files = {f"photo-{number:02}.jpg": jpeg(700 + number) for number in range(12)}

    await drop(page, files)

    panel = upload_panel(page)
    rows = panel.get_by_role("row")
    await expect(rows).to_have_count(12)
    await watch_rows(page)
    for row in await rows.all():
        await expect(row).to_contain_text("Stored safely · ready", timeout=READY_MS)
    await expect(panel.get_by_role("heading")).to_have_text("12 photos stored safely")
    assert await shown_steps(page)
    assert await axe_findings(page) == []
    for name in files:
        photo = page.get_by_role("link", name=name, exact=True)
        await expect(
            page.get_by_role("grid", name="Photos").get_by_role("gridcell").filter(has=photo)
        ).to_be_visible()

    # Bytes that the library has are known, under another name too.
    names = list(files)
    again = {"copy.jpg": files[names[0]], names[1]: files[names[1]], "new.jpg": jpeg(720)}
    await panel.get_by_role("button", name="Close").click()
    await expect(panel).to_have_count(0)
    await drop(page, again)
    copy = panel.get_by_role("row").filter(has_text="copy.jpg")
    await expect(copy).to_contain_text("Already in your library")
    await copy.get_by_role("button", name="Keep both").click()
    await expect(copy).to_contain_text("Stored safely", timeout=READY_MS)
    skippable = panel.get_by_role("row").filter(has_text=names[1])
    await skippable.get_by_role("button", name="Skip").click()
    await expect(skippable).to_contain_text("Skipped, you have it already")
    await expect(panel.get_by_role("row").filter(has_text="new.jpg")).to_contain_text("Stored")
    await _expect_photos(person, 14)


async def test_an_upload_goes_on_where_it_was_when_its_tab_was_closed(
    open_page: OpenPage, person: ApiClient, tmp_path: Path
) -> None:
    file = tmp_path / "large.bmp"
    # Three parts of 8 MiB and less.
    file.write_bytes(encode(random_image(730, 2600, 2600), "BMP"))
    page = await open_page("/login")
    await enter(page, person.email)
    context = page.context
    await context.route(_PART, _refuse_parts_after_the_first)
    async with page.expect_response(_PART):
        await _choose(page, "Upload", file)
    row = upload_panel(page).get_by_role("row")
    await expect(row).to_contain_text("PicHaven does not answer")
    await page.close()
    await context.unroute(_PART)

    page = await context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {request.url}"))
    await page.goto("/")
    row = upload_panel(page).get_by_role("row")
    await expect(row).to_contain_text("Choose it again to go on")
    await _choose(page, "Choose files again", file)

    await expect(row).to_contain_text("Stored safely", timeout=READY_MS)
    parts = [request for request in requests if _PART.search(request)]
    assert sorted(_part_number(part) for part in parts) == [2, 3]
    assert not any(re.search(r"POST .*/api/v1/uploads$", request) for request in requests)
    await expect(row).to_contain_text("Stored safely · ready", timeout=READY_MS)
    await _expect_photos(person, 1)


async def _refuse_parts_after_the_first(route: Route) -> None:
    if route.request.method == "PUT" and _part_number(route.request.url) > 1:
        await route.abort()
    else:
        await route.continue_()


def _part_number(text: str) -> int:
    match = re.search(r"partNumber=(\d+)", text)
    assert match is not None
    return int(match[1])


async def _choose(page: Page, button: str, file: Path) -> None:
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name=button, exact=True).click()
    await (await choosing.value).set_files(file)


async def test_two_tabs_make_one_photo_of_each_file(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/login")
    await enter(page, person.email)
    other = await page.context.new_page()
    await other.goto("/")
    files = {f"both-{number}.jpg": jpeg(740 + number) for number in range(4)}

    await drop(page, files)
    await drop(other, files)

    ended = re.compile("Stored safely|Already in your library")
    for tab in (page, other):
        await expect(upload_panel(tab).get_by_role("row")).to_have_count(4)
        for row in await upload_panel(tab).get_by_role("row").all():
            await expect(row).to_contain_text(ended, timeout=READY_MS)
    await _expect_photos(person, 4)


async def test_a_photo_that_cannot_be_processed_is_gathered_with_its_reason(
    open_page: OpenPage, person: ApiClient
) -> None:
    photo_id = await person.upload("half.jpg", truncated_jpeg(750))
    await person.wait_until_processed(photo_id)
    page = await open_page("/login")
    await enter(page, person.email)
    await page.goto("/activity")
    failed = page.get_by_role("region", name="Could not be processed")
    await expect(failed).to_contain_text("half.jpg")
    await expect(failed).to_contain_text("The file is damaged or incomplete.")
    assert await axe_findings(page) == []

    await failed.get_by_role("button", name="Move to trash").click()
    await expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(failed).to_contain_text("half.jpg")

    # The file was refused and removed: there is nothing to try again with.
    await expect(failed).to_contain_text("Upload the file again.")
    await expect(failed.get_by_role("button", name="Try again")).to_have_count(0)
