"""Take the pictures of docs/web of a running platform.

    python docs/web/take_screenshots.py [--url http://127.0.0.1:8080] [--to docs/web/pictures]
        [--only timeline,map] [--account ada@example.com]

Each screen is taken on a desktop and on a phone, in the light and in the dark theme, of the
library that `library.toml` describes, in an account that each run makes; `--account` is one of an
earlier run.
"""

import argparse
import io
import time
from pathlib import Path
from typing import Any, Final

from library import PASSWORD, make_account, remove_uploads
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.console import Console
from screens import SCREENS, UPLOADED, Screen

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
SAME_MS: Final = 300
"""Between two pictures that are the same."""
QUALITY: Final = 78
"""Of WebP, from 0 to 100."""


def _picture_at_rest(page: Page) -> bytes:
    """Return the picture once it stays the same: all is loaded, and nothing fades or moves."""
    deadline = time.monotonic() + LOADED_WITHIN_S
    picture = b""
    while True:
        page.wait_for_timeout(SAME_MS)
        before, picture = picture, page.screenshot(animations="disabled")
        if picture == before and _has_pictures(page):
            return picture
        if time.monotonic() > deadline:
            raise SystemExit(f"{page.url} does not come to rest")


def _has_pictures(page: Page) -> bool:
    """Return whether every picture in view is there.

    The policy of the page forbids `wait_for_function`.
    """
    there: bool = page.evaluate(
        """() => [...document.images]
            .filter((image) => {
              const { top, bottom } = image.getBoundingClientRect();
              return image.checkVisibility() && bottom > 0 && top < innerHeight;
            })
            .every((image) => image.complete && image.naturalWidth > 0)"""
    )
    return there


def _save(picture: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)


def _open_context(
    browser: Browser, url: str, device: str, email: str | None, screen: Screen
) -> BrowserContext:
    context = browser.new_context(
        base_url=url,
        locale="en-US",
        timezone_id="Europe/Berlin",
        service_workers="allow" if screen.has_worker else "block",
        bypass_csp=screen.has_worker,
        **DEVICES[device],
    )
    context.set_default_timeout(LOADED_WITHIN_S * 1000)
    if email is not None:
        response = context.request.post(
            "/api/v1/auth/login", data={"email": email, "password": PASSWORD}
        )
        if not response.ok:
            raise SystemExit(f"{email} cannot sign in: {response.text()}")
    return context


def _take(page: Page, name: str, screen: Screen, folder: Path, device: str) -> None:
    page.emulate_media(color_scheme=THEMES[0])
    page.goto(screen.path)
    page.get_by_role("main").wait_for()
    if screen.path == "/":
        page.get_by_role("grid", name="Photos").wait_for()
    screen.prepare(page)
    if not screen.keeps_pointer:
        page.mouse.move(0, 0)
    if not screen.signed_in:
        page.evaluate("document.activeElement.blur()")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(screen.settles_ms)
        picture = page.screenshot() if screen.moves else _picture_at_rest(page)
        _save(picture, folder / f"{name}-{device}-{theme}.webp")
    screen.finish(page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent / "pictures")
    parser.add_argument("--only", default="", help="screens, separated by commas; else all")
    parser.add_argument("--account", help="an account that an earlier run made")
    arguments = parser.parse_args()
    chosen = {name for name in arguments.only.split(",") if name} or set(SCREENS)
    if unknown := chosen - SCREENS.keys():
        parser.error(f"no screens: {', '.join(sorted(unknown))}; there are {', '.join(SCREENS)}")
    email = arguments.account or make_account(arguments.url)
    arguments.to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**find_chromium().launch_options)
        for device in DEVICES:
            _take_all(browser, arguments.url, email, chosen, arguments.to, device)
        browser.close()


def _take_all(
    browser: Browser, url: str, email: str, chosen: set[str], folder: Path, device: str
) -> None:
    contexts: dict[tuple[bool, bool], BrowserContext] = {}
    for name, screen in SCREENS.items():
        if name not in chosen or device not in screen.devices:
            continue
        kind = (screen.signed_in, screen.has_worker)
        if kind not in contexts:
            account = email if screen.signed_in else None
            contexts[kind] = _open_context(browser, url, device, account, screen)
        page = contexts[kind].new_page()
        _take(page, name, screen, folder, device)
        page.close()
        out.print(f"{device}: {name}")
    for context in contexts.values():
        context.close()
    if "upload" in chosen:
        remove_uploads(url, email, set(UPLOADED))


if __name__ == "__main__":
    main()
