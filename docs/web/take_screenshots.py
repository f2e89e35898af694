"""Take the pictures of docs/web of a running platform that has the photos of `make demo`.

    python docs/web/take_screenshots.py [--url http://127.0.0.1:8080] [--to docs/web]

Each screen is taken on a desktop and on a phone, in the light and in the dark theme.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from demo.account import EMAIL, PASSWORD
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from testing.chromium import find_chromium

DEVICES: Final[dict[str, dict[str, Any]]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    },
}
out = Console()
THEMES: Final = ("light", "dark")
LOADED_WITHIN_S: Final = 30
SETTLED_MS: Final = 1_500
"""Until pictures have faded in."""


def _open_first_photo(page: Page) -> None:
    page.get_by_role("grid").get_by_role("link").first.click()
    page.get_by_role("dialog", name="Photo").wait_for()


def _open_information(page: Page) -> None:
    _open_first_photo(page)
    page.get_by_role("button", name="Information").click()
    page.get_by_role("complementary", name="Information").wait_for()


def _wait_for_pictures(page: Page) -> None:
    """Return once every picture is there. The security policy forbids `wait_for_function`."""
    deadline = time.monotonic() + LOADED_WITHIN_S
    while not page.evaluate("[...document.images].every((image) => image.complete)"):
        if time.monotonic() > deadline:
            raise SystemExit(f"{page.url}: the pictures are not loaded")
        page.wait_for_timeout(100)
    page.wait_for_timeout(SETTLED_MS)


def _nothing(_page: Page) -> None:
    """Show the screen as it opens."""


SCREENS: Final[dict[str, tuple[str, Callable[[Page], None]]]] = {
    "timeline": ("/", _nothing),
    "viewer": ("/", _open_first_photo),
    "information": ("/", _open_information),
    "search": ("/search?q=dog", _nothing),
    "search-by-place": ("/search?q=moscow", _nothing),
    "explore": ("/explore", _nothing),
    "map": ("/map", _nothing),
    "duplicates": ("/duplicates", _nothing),
    "favorites": ("/favorites", _nothing),
    "trash": ("/trash", _nothing),
    "activity": ("/activity", _nothing),
    "settings": ("/settings/general", _nothing),
}


def _sign_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("grid", name="Photos").wait_for()


def _take(browser: Browser, url: str, folder: Path, device: str, theme: str) -> None:
    context = browser.new_context(
        base_url=url, locale="en-US", color_scheme=theme, **DEVICES[device]
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Email").wait_for()
    page.screenshot(path=folder / f"sign-in-{device}-{theme}.png")
    _sign_in(page)
    for name, (path, prepare) in SCREENS.items():
        page.goto(path)
        page.get_by_role("main").wait_for()
        prepare(page)
        _wait_for_pictures(page)
        page.screenshot(path=folder / f"{name}-{device}-{theme}.png")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    chromium = find_chromium()
    arguments.to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options)
        for device in DEVICES:
            for theme in THEMES:
                _take(browser, arguments.url, arguments.to, device, theme)
                out.print(f"{device}, {theme}: {len(SCREENS) + 1} screens")
        browser.close()


if __name__ == "__main__":
    main()
