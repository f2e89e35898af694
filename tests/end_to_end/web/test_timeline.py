"""Photos of the timeline in a browser: uploaded, shown, and kept by its cache."""

from playwright.async_api import Locator, Page, Response, expect

from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually
from tests.end_to_end.web.conftest import OpenPage, axe_findings, sign_in
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary


def _photo(page: Page, name: str) -> Locator:
    """Return the picture in the cell of the photo's link."""
    grid = page.get_by_role("grid", name="Photos")
    link = page.get_by_role("link", name=name, exact=True)
    return grid.get_by_role("gridcell").filter(has=link).locator("img")


async def _wait_for_pixels(photo: Locator) -> None:
    await expect(photo).to_be_visible()
    await photo.evaluate("image => image.decode()")
    assert await photo.evaluate("image => image.naturalWidth") > 0


async def test_a_chosen_file_becomes_a_photo_of_the_timeline(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/login")
    await sign_in(page, person.email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()

    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Upload", exact=True).click()
    file = {"name": "first light.jpg", "mimeType": "image/jpeg", "buffer": jpeg(1)}
    await (await chooser.value).set_files(file)

    await _wait_for_pixels(_photo(page, "first light.jpg"))
    assert await axe_findings(page) == []


async def test_a_month_is_asked_for_again_by_its_entity_tag(
    open_page: OpenPage, person: ApiClient
) -> None:
    await person.wait_until_ready(await person.upload("IMG_2041.jpg", jpeg(2)))
    bucket = (await person.json("GET", "/timeline"))["buckets"][0]
    page = await open_page("/login")

    def is_month(response: Response) -> bool:
        return response.url.endswith(f"/api/v1/timeline/{bucket['month']}")

    async with page.expect_response(is_month) as first:
        await sign_in(page, person.email)
    await _wait_for_pixels(_photo(page, "IMG_2041.jpg"))
    async with page.expect_response(is_month) as second:
        await page.reload()
    await _wait_for_pixels(_photo(page, "IMG_2041.jpg"))

    tag = (await (await first.value).all_headers())["etag"]
    sent = await (await second.value).request.all_headers()
    assert sent["if-none-match"] == tag


async def test_photos_that_were_taken_away_are_let_go(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/", email=library.email)
    navigation = page.get_by_role("navigation", name="Main")
    tools = await page.context.new_cdp_session(page)
    await tools.send("Performance.enable")

    async def leave_and_return() -> None:
        await navigation.get_by_role("link", name="Trash").click()
        await expect(page.get_by_role("heading", name="Trash", exact=True)).to_be_visible()
        await navigation.get_by_role("link", name="Photos").click()
        await _wait_for_pixels(_photo(page, CAPTION))

    async def count_nodes() -> float:
        await tools.send("HeapProfiler.collectGarbage")
        metrics = (await tools.send("Performance.getMetrics"))["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "Nodes"))

    await leave_and_return()
    before = await count_nodes()
    for _ in range(4):
        await leave_and_return()

    async def are_gone() -> bool:
        nodes = await count_nodes()
        assert nodes < 1.5 * before, f"{nodes:.0f} nodes, {before:.0f} before"
        return True

    await eventually(are_gone, "the nodes of earlier photos are gone", 20)
