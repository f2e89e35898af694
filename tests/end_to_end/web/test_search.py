"""A person finds photos by what they show, by place, by filters and by a picture."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from testing.api_client import ApiClient
from testing.polling import eventually
from testing.sketches import Wish
from testing.sketches.photographs import Photograph, photograph
from testing.sketches.scenes import Setting
from tests.end_to_end.web.conftest import OpenPage, axe_findings, enter

BEACHES = range(910_000, 910_005)
FORESTS = range(920_000, 920_005)

Library = Mapping[str, Photograph]
"""By file name, which photos without a caption are called by."""


@pytest_asyncio.fixture
async def library(person: ApiClient) -> AsyncIterator[Library]:
    """Drawn beaches and forests with dates and positions, ready to be found."""
    taken = [
        *(_draw(seed, "beach") for seed in BEACHES),
        *(_draw(seed, "forest") for seed in FORESTS),
    ]
    ids = await asyncio.gather(*(person.upload(each.filename, each.jpeg) for each in taken))
    for photo_id in ids:
        await person.wait_until_ready(photo_id)
        await person.wait_until_analyzed(photo_id)
    for photo_id in ids:
        await person.wait_for_hit(photo_id)
    await person.wait_for_hit(ids[0], q="beach")
    yield {each.filename: each for each in taken}


def _draw(seed: int, setting: Setting) -> Photograph:
    return photograph(seed, width=800, height=600, wish=Wish(setting=setting, hour="day"))


def _photos(page: Page) -> Locator:
    """Return the links of the photos found, without those to similar ones."""
    name = re.compile(r"^(?!Photos similar to).*\.JPG$")
    return page.get_by_role("grid", name="Photos").get_by_role("link", name=name)


async def _names(page: Page) -> list[str]:
    return [await link.get_attribute("aria-label") or "" for link in await _photos(page).all()]


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, names)))


def _parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def test_words_places_chips_and_facets(
    open_page: OpenPage, person: ApiClient, library: Library
) -> None:
    beaches = {name for name, each in library.items() if "beach" in each.tags}
    page = await open_page("/login")
    await enter(page, person.email)
    searchbox = page.get_by_role("searchbox", name="Search photos")
    chips = page.get_by_role("list", name="Understood")

    # By content, as one types.
    await page.keyboard.press("/")
    await expect(searchbox).to_be_focused()
    await page.keyboard.type("beach")
    # The timeline has a grid "Photos" as well, until the search screen is there.
    await expect(page.get_by_role("heading", name="beach", exact=True)).to_be_attached()
    await expect(_photos(page).first).to_have_accessible_name(_any_of(beaches))
    assert _parameters(page) == {"q": ["beach"]}
    await expect(chips).to_have_count(0)
    await _photos(page).first.focus()
    await expect(_photos(page).first).to_have_accessible_description(
        re.compile("Looks like it|Tag:")
    )
    assert await axe_findings(page) == []

    # What a query is understood as, and the query without it.
    year = next(str(library[name].taken_at.year) for name in beaches)
    await searchbox.fill(f"beach {year}")
    await expect(chips.get_by_role("listitem")).to_have_text(year)
    await page.get_by_role("button", name=f"Remove {year}").click()
    await expect(searchbox).to_have_value("beach")
    await expect(chips).to_have_count(0)

    # By place, from a suggestion, with the keyboard alone.
    facets = (await person.json("GET", "/search", params={"facets": "cities,cameras"}))["facets"]
    city, in_city = facets["cities"][0]["value"], facets["cities"][0]["count"]
    await searchbox.fill(city[:4])
    option = page.get_by_role("option", name=re.compile(f"^{city} Place"))
    await expect(option).to_be_visible()
    for _ in range(10):
        if await option.get_attribute("aria-selected") == "true":
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(chips.get_by_role("listitem")).to_have_text(f"Place: {city}")
    await expect(page.get_by_role("status").first).to_have_text(re.compile(rf"^{in_city} photo"))
    assert _parameters(page) == {"place": [city]}
    await page.reload()
    await expect(_photos(page)).to_have_count(in_city)
    await page.get_by_role("button", name=f"Remove Place: {city}").click()
    await expect(page.get_by_role("heading", name="Search your photos")).to_be_visible()

    # By a facet, and back.
    camera = facets["cameras"][0]
    await page.goto("/search?from=2000-01-01")
    await expect(_photos(page)).to_have_count(len(library))
    await page.get_by_role("checkbox", name=camera["value"]).click()
    await expect(_photos(page)).to_have_count(camera["count"])
    assert _parameters(page) == {"from": ["2000-01-01"], "camera": [camera["value"]]}
    await page.go_back()
    await expect(_photos(page)).to_have_count(len(library))

    # Nothing is found: what to try instead.
    await page.goto("/search?q=xqzt+wvuq&favorite=true")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await page.get_by_role("button", name="Without filters").click()
    await expect(chips).to_have_count(0)
    await page.get_by_role("button", name="Only “wvuq”").click()
    await expect(searchbox).to_have_value("wvuq")


async def test_similar_photos_a_picture_and_past_searches(
    open_page: OpenPage, person: ApiClient, library: Library
) -> None:
    forests = {name for name, each in library.items() if "forest" in each.tags}
    page = await open_page("/login", viewport={"width": 390, "height": 844})
    await enter(page, person.email)
    searchbox = page.get_by_role("searchbox", name="Search photos")

    # Similar to a photo.
    await searchbox.fill("forest")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="forest", exact=True)).to_be_attached()
    await expect(_photos(page).first).to_have_accessible_name(_any_of(forests))
    source = (await _names(page))[0]
    await page.get_by_role("link", name=f"Photos similar to {source}").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Similar photos")).to_be_visible()
    await expect(page.get_by_role("link", name=source, exact=True)).to_have_count(0)
    await expect(_photos(page).first).to_be_visible()
    similar = await _names(page)
    assert len(forests.intersection(similar[: len(forests) - 1])) >= len(forests) / 2
    await page.get_by_role("button", name="Remove similar photos").click()

    # Past searches, listed seconds after they were made.
    past = page.get_by_role("list", name="Past searches")

    async def is_listed() -> bool:
        await page.reload()
        await expect(page.get_by_role("heading", name="Past searches")).to_be_visible()
        return await past.get_by_role("link", name="forest").count() == 1

    await eventually(is_listed, "the search is listed", 30)
    assert await axe_findings(page) == []
    await past.get_by_role("button", name="Delete forest").click()
    await expect(past.get_by_role("link", name="forest")).to_have_count(0)
    await page.get_by_role("checkbox", name="Remember searches").click()
    await expect(page.get_by_text("New searches are not remembered")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("checkbox", name="Remember searches")).not_to_be_checked()
    history = (await person.json("GET", "/search/history"))["items"]
    assert "forest" not in [search["q"] for search in history]

    # By a picture from outside.
    picture = library[source]
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose a picture").click()
    await (await chooser.value).set_files(
        {"name": "seen.jpg", "mimeType": "image/jpeg", "buffer": picture.jpeg}
    )
    await expect(page.get_by_role("heading", name="Search by picture")).to_be_visible()
    await expect(_photos(page).first).to_have_accessible_name(source)
    await page.reload()
    await expect(page.get_by_role("heading", name="not here any more")).to_be_visible()

    # Filters are a sheet on a phone.
    await page.goto("/search?q=forest")
    await page.get_by_role("button", name="Filters").click()
    sheet = page.get_by_role("dialog", name="Filters")
    await sheet.get_by_role("checkbox", name="Landscape").click()
    await sheet.get_by_role("button", name=re.compile("^Show")).click()
    await expect(page.get_by_role("button", name="Remove Landscape")).to_be_visible()
    assert await axe_findings(page) == []
