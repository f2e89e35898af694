"""Every screen: nothing that axe finds, in either theme; nothing cut off, in any size."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from playwright.async_api import Page, ViewportSize, expect

from testing.api_client import ApiClient
from testing.polling import eventually
from tests.end_to_end.web.conftest import DESKTOP, OpenPage, axe_findings
from tests.end_to_end.web.sample_library import CAPTION, SampleLibrary
from tests.end_to_end.web.uploading import drop, upload_panel

_THEMES = ("light", "dark")
_SIZES: Sequence[ViewportSize] = (
    {"width": 320, "height": 640},
    {"width": 360, "height": 740},
    {"width": 820, "height": 1180},
    {"width": 1440, "height": 900},
)
# Animations that never end are those of skeletons.
_SETTLE = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  const ending = document.getAnimations().filter(
    ({ effect }) => Number.isFinite(effect.getComputedTiming().endTime));
  await Promise.allSettled(ending.map(({ finished }) => finished));
}"""


async def _select(page: Page) -> None:
    await page.get_by_role("link", name=CAPTION, exact=True).focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("toolbar", name="Selection")).to_be_visible()


async def _open_panel(page: Page) -> None:
    await page.keyboard.press("i")
    await expect(page.get_by_role("complementary", name="Information")).to_be_visible()


async def _nothing(_page: Page) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Screen:
    path: str
    text: str
    """Shown once the screen is complete."""
    prepare: Callable[[Page], Awaitable[None]] = _nothing


def _screens(library: SampleLibrary) -> Sequence[Screen]:
    return (
        Screen("/", "August 2025", _select),
        Screen(f"/photos/{library.captioned}", CAPTION, _open_panel),
        Screen("/search?q=ferry", "1 photo"),
        Screen("/search?q=xqzt", "Nothing found"),
        Screen("/explore", "Lisbon"),
        Screen("/map", "photos in this view"),
        Screen("/duplicates", "1 of 1"),
        Screen("/favorites", "Favorites"),
        Screen("/trash", "days left"),
        Screen("/activity", "half.jpg"),
        Screen("/settings/account", "Storage"),
        Screen("/settings/general", "Language"),
        Screen("/settings/security", "This device"),
        Screen("/settings/keys", "New key"),
    )


async def _settle(page: Page) -> None:
    """Return once the page is painted in the theme and the size that it has now."""
    await page.evaluate(_SETTLE)


async def _overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window, which it follows in steps."""
    pixels = "document.documentElement.scrollWidth - innerWidth"

    async def fits() -> bool:
        return bool(await page.evaluate(pixels) <= 0)

    try:
        await eventually(fits, "the page is as wide as the window")
    except AssertionError:
        return int(await page.evaluate(pixels))
    return 0


async def _faults(page: Page) -> list[str]:
    """Return what axe finds in both themes, and what does not fit in all sizes."""
    faults = []
    for theme in _THEMES:
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        await _settle(page)
        faults += [f"{theme}: {finding}" for finding in await axe_findings(page)]
    for size in _SIZES:
        await page.set_viewport_size(size)
        await _settle(page)
        if overflow := await _overflow(page):
            faults.append(f"{overflow} pixels wider than {size['width']}")
        small = await axe_findings(page, "target-size")
        faults += [f"{size['width']} pixels: {finding}" for finding in small]
    await page.set_viewport_size(DESKTOP)
    return faults


async def test_every_screen_is_accessible_and_fits(
    open_page: OpenPage, library: SampleLibrary
) -> None:
    page = await open_page("/", email=library.email)
    faults = {}
    for screen in _screens(library):
        await page.goto(screen.path)
        text = page.get_by_text(screen.text).or_(page.get_by_alt_text(screen.text))
        await expect(text.filter(visible=True).first).to_be_visible()
        await screen.prepare(page)
        if findings := await _faults(page):
            faults[screen.path] = findings
    assert faults == {}


async def test_the_upload_panel_is_accessible_and_fits(
    open_page: OpenPage, person: ApiClient
) -> None:
    page = await open_page("/", email=person.email)
    await expect(page.get_by_role("heading", name="Your photos will be here")).to_be_visible()
    await drop(page, {"no photo.jpg": b"words", "empty.jpg": b""})
    rows = upload_panel(page).get_by_role("row")
    await expect(rows).to_have_count(2)
    await expect(rows.filter(has_text="no photo.jpg")).to_contain_text("cannot be")
    assert await _faults(page) == []
