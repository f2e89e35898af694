"""Ways into a library: places and tags, the map, and duplicates decided by keyboard."""

import asyncio
import re
from collections import Counter
from urllib.parse import unquote

import pytest
from PIL import ExifTags, Image
from playwright.async_api import Page, Route, expect

from testing.api_client import ApiClient
from testing.images import encode, jpeg, random_image
from testing.polling import eventually
from testing.sketches import Wish, draw
from tests.end_to_end.web.conftest import OpenPage, axe_findings, enter, sign_in
from tests.end_to_end.web.sample_library import wait_until_compared

LISBON = (38.7139, -9.1394)
TILES = "https://tiles.example.org"
TILE = encode(random_image(31, 256, 256), "PNG")
TILE_STYLE = {
    "version": 8,
    "sources": {
        "tiles": {
            "type": "raster",
            "tiles": [f"{TILES}/{{z}}/{{x}}/{{y}}.png"],
            "tileSize": 256,
            "attribution": "Tiles of the test",
        }
    },
    "layers": [{"id": "tiles", "type": "raster", "source": "tiles"}],
}
BERLIN = (52.5200, 13.4050)


def _taken_at(position: tuple[float, float]) -> Image.Exif:
    """Return EXIF with a position of whole and decimal degrees."""
    exif = Image.Exif()
    latitude, longitude = position
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (abs(latitude), 0.0, 0.0),
            ExifTags.GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
            ExifTags.GPS.GPSLongitude: (abs(longitude), 0.0, 0.0),
        }
    )
    return exif


async def _upload_around_the_world(person: ApiClient) -> list[str]:
    """Upload two photos of Lisbon, the first of them tagged, and one of Berlin."""
    photo_ids = [
        await person.upload("river.jpg", jpeg(7001, exif=_taken_at(LISBON))),
        await person.upload("hill.jpg", jpeg(7002, exif=_taken_at((38.72, -9.13)))),
        await person.upload("gate.jpg", jpeg(7003, exif=_taken_at(BERLIN))),
    ]
    for photo_id in photo_ids:
        await person.wait_until_ready(photo_id)
    await person.json(
        "POST",
        "/photos/batch",
        json={"ids": photo_ids[:1], "action": "add_tags", "tags": ["holiday"]},
    )
    await person.wait_for_hit(photo_ids[0], tag="holiday")
    for photo_id in photo_ids:
        await person.wait_for_hit(photo_id, bbox="-20,30,20,60")
    return photo_ids


async def _sign_in(page: Page, person: ApiClient) -> None:
    """Sign in and load the page anew, since axe finds elements that React Aria left behind."""
    await enter(page, person.email)
    await page.reload()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_places_and_tags_lead_to_a_search_with_the_filter_in_its_address(
    open_page: OpenPage, person: ApiClient, theme: str
) -> None:
    await _upload_around_the_world(person)
    page = await open_page("/explore", color_scheme=theme)
    await _sign_in(page, person)

    lisbon = page.get_by_role("link", name=re.compile("Lisbon.*2 photos"))
    await expect(lisbon).to_be_visible()
    assert await axe_findings(page) == []
    await page.get_by_role("link", name=re.compile("holiday.*1 photo")).click()

    await expect(page).to_have_url(re.compile(r"/search\?tag="))
    assert "holiday" in unquote(page.url)
    await page.go_back()
    await expect(lisbon).to_be_visible()


async def test_the_map_is_used_by_keyboard_and_keeps_its_view_in_the_address(
    open_page: OpenPage, person: ApiClient
) -> None:
    await _upload_around_the_world(person)
    page = await open_page("/map")
    await _sign_in(page, person)
    panel = page.get_by_role("complementary", name="Photos in this view")
    await expect(panel.get_by_role("heading", name="3 photos in this view")).to_be_visible()
    clusters = page.get_by_role("list", name="Photos on the map")
    lisbon = clusters.get_by_role("button", name="2 photos")
    await expect(lisbon).to_be_visible()
    assert await axe_findings(page) == []

    await lisbon.focus()
    await page.keyboard.press("ArrowRight")
    await expect(clusters.get_by_role("button", name="1 photo")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(lisbon).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("heading", name="2 photos in this view")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"bbox=-9\."))
    await expect(panel.get_by_role("link")).to_have_count(2)

    await page.reload()
    await expect(panel.get_by_role("heading", name="2 photos in this view")).to_be_visible()
    await panel.get_by_role("link", name="river.jpg").click()
    await expect(page.get_by_role("dialog", name="Photo")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(panel.get_by_role("heading", name="2 photos in this view")).to_be_visible()


async def test_the_map_reads_finer_outlines_where_they_show_and_each_of_them_once(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/map?bbox=-170,-60,170,70")
    outlines: Counter[str] = Counter()
    page.on("request", lambda request: outlines.update(re.findall(r"/(land-[a-z]+)-", request.url)))
    await sign_in(page, person.email)
    await eventually(lambda: outlines["land-coarse"] == 1, "the coarse outlines are read")

    async def zoom_in() -> None:
        address = page.url
        await page.get_by_role("button", name="Zoom in").click()
        await expect(page).not_to_have_url(address)

    for finer in ("land-fine", "land-finest"):
        while not outlines[finer]:
            await zoom_in()
    for _ in range(3):
        await zoom_in()

    assert outlines == {"land-coarse": 1, "land-fine": 1, "land-finest": 1}


async def test_the_map_is_drawn_by_a_tile_server_and_without_it_by_outlines(
    open_page: OpenPage, person: ApiClient
) -> None:
    tiles: list[str] = []
    is_away = False

    async def respond(route: Route) -> None:
        if is_away:
            await route.fulfill(status=503)
        elif route.request.url.endswith(".json"):
            await route.fulfill(json=TILE_STYLE)
        else:
            tiles.append(route.request.url)
            await route.fulfill(body=TILE, content_type="image/png")

    page = await open_page("/settings/general")
    await page.route(f"{TILES}/**", respond)
    await enter(page, person.email)
    await page.get_by_label("Address of a map style").fill(f"{TILES}/style.json")
    await page.get_by_role("region", name="Map").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The map’s style is saved.")).to_be_visible()

    await page.goto("/map?bbox=-9.5,38.5,-9,39")

    await expect(page.get_by_text("Tiles of the test")).to_be_visible()
    await eventually(lambda: len(tiles) > 0, "tiles are read")

    is_away = True
    await page.reload()

    await expect(page.get_by_text("The simple map is shown instead.")).to_be_visible()
    await expect(page.get_by_text("Natural Earth")).to_be_visible()


async def test_duplicates_are_decided_by_keyboard_undone_and_kept(
    open_page: OpenPage, person: ApiClient
) -> None:
    picture = draw(890_100, height=900, aspect=4 / 3, wish=Wish(setting="beach", hour="day")).image
    smaller = picture.resize((picture.width // 3, picture.height // 3))
    good = encode(picture, "JPEG", quality=92)
    original, copy = await asyncio.gather(
        person.upload("original.jpg", good),
        person.upload("small.jpg", encode(smaller, "JPEG", quality=90)),
    )
    await wait_until_compared(person, good, {original, copy})
    page = await open_page("/duplicates")
    await _sign_in(page, person)
    await expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    await expect(page.get_by_text("Suggested: most pixels")).to_be_visible()
    keep = page.get_by_role("button", name="Keep original.jpg")
    await expect(keep).to_have_attribute("aria-pressed", "true")
    assert await axe_findings(page) == []

    await page.keyboard.press("2")
    await expect(keep).to_have_attribute("aria-pressed", "false")
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="That was the last group")).to_be_visible()
    await expect(page.get_by_role("status", name="Undo")).to_be_visible()
    await _expect_trash(person, [copy])

    await page.keyboard.press("z")
    await expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    await _expect_trash(person, [])
    # The groups are of what search has.
    await wait_until_compared(person, good, {original, copy})

    await page.get_by_role("button", name="Keep both").click()
    await expect(page.get_by_role("heading", name="That was the last group")).to_be_visible()
    await expect(page.get_by_text("All are kept.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("There are no groups but those")).to_be_visible()
    await page.get_by_role("button", name="Show those again").click()
    await expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()


async def _expect_trash(person: ApiClient, photo_ids: list[str]) -> None:
    async def check() -> bool:
        page = await person.json("GET", "/trash")
        assert [photo["id"] for photo in page["items"]] == photo_ids
        return True

    await eventually(check, f"{len(photo_ids)} photos are in the trash", 30)


async def test_another_device_is_signed_out(open_page: OpenPage, person: ApiClient) -> None:
    page = await open_page("/settings/security")
    await _sign_in(page, person)
    await expect(page.get_by_text("This device")).to_be_visible()

    other = page.get_by_role("button", name=re.compile("^Sign out python-httpx"))
    await other.click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Sign out").click()

    await expect(other).to_have_count(0)
    response = await person.http.post(
        "/auth/refresh", json={"refresh_token": person.tokens["refresh_token"]}
    )
    assert response.status_code == 401


async def test_a_phone_has_five_places_in_its_bar_and_the_others_in_a_sheet(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/explore", viewport={"width": 320, "height": 568}, has_touch=True)
    await _sign_in(page, person)
    bar = page.get_by_role("navigation", name="Main")
    await expect(page.get_by_role("heading", name="Nothing to explore yet")).to_be_visible()
    await expect(bar.get_by_role("listitem")).to_have_count(5)

    await bar.get_by_role("button", name="More").tap()
    await page.get_by_role("dialog", name="More").get_by_role("link", name="Duplicates").tap()

    await expect(page.get_by_role("heading", name="No duplicates")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await bar.get_by_role("link", name="Map").tap()
    await expect(page.get_by_role("heading", name="No photos with a place yet")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
