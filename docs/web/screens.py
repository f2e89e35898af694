"""Every screen of the web client, and what is done on it before its picture is taken."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from library import write_duplicate
from playwright.sync_api import Locator, Page

from testing.photographs import packaged_set, write_copy

UPLOADED: Final = {
    "IMG_2001.jpg": "caer/bear.jpg",
    "IMG_2002.jpg": "interior_photos/pexels-6956495.jpg",
    "IMG_2003.jpg": "interior_photos/pexels-6707631.jpg",
    "IMG_2004.jpg": "interior_photos/pexels-cup-of-couple-6962851.jpg",
    "IMG_2005.jpg": "interior_photos/pexels-7303782.jpg",
}
"""What the picture of uploads uploads, by file name."""
_FILES: Final = tempfile.TemporaryDirectory(prefix="pichaven-pictures-")
_EUROPE: Final = "-11,36,20,58"
_SELECTED: Final = ("Third dive, and there it was", "IMG_1028.jpg", "IMG_1031.jpg")
_SLOW_BYTES_PER_S: Final = 40_000
_NEW_VERSION: Final = "navigator.serviceWorker.register('/sw.js?next')"


def _nothing(_page: Page) -> None:
    """Show the screen as it opens."""


@dataclass(frozen=True, slots=True)
class Screen:
    path: str
    prepare: Callable[[Page], None] = _nothing
    finish: Callable[[Page], None] = _nothing
    """Undoes what would show in the next picture."""
    signed_in: bool = True
    devices: tuple[str, ...] = ("desktop", "phone")
    keeps_pointer: bool = False
    """Whether the pointer stays where it was used."""
    settles_ms: int = 300
    """Until what is drawn later, without a sign of it, is there."""
    moves: bool = False
    """Whether the screen does not come to rest."""
    has_worker: bool = False
    """Whether the page has its service worker, and none of its policy against scripts."""


def _photo(page: Page, name: str) -> Locator:
    return page.get_by_role("grid").get_by_role("link", name=name, exact=True).first


def _open(name: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        _photo(page, name).click()
        page.get_by_role("dialog", name="Photo").wait_for()

    return prepare


def _open_information(page: Page) -> None:
    _open("Ko Po Da from the boat")(page)
    page.get_by_role("button", name="Information").click()
    page.get_by_role("complementary", name="Information").wait_for()


def _open_text(page: Page) -> None:
    _open("The old one still works")(page)
    page.get_by_role("button", name="Information").click()
    panel = page.get_by_role("complementary", name="Information")
    heading = panel.get_by_role("heading", name="Text in the picture")
    heading.evaluate("heading => heading.scrollIntoView()")
    # The panel's own heading covers its upper edge.
    panel.evaluate("panel => panel.scrollBy(0, -72)")


def _select(page: Page) -> None:
    first, *others = (_photo(page, name) for name in _SELECTED)
    toolbar = page.get_by_role("toolbar", name="Selection")
    if page.evaluate("matchMedia('(hover: none)').matches"):
        _press_long(page, first, toolbar)
        for other in others:
            other.tap()
        return
    for name in _SELECTED:
        _photo(page, name).hover()
        page.get_by_role("checkbox", name=f"Select {name}").click()


def _press_long(page: Page, target: Locator, until: Locator) -> None:
    box = target.bounding_box()
    if box is None:
        raise SystemExit("the photo to press is not laid out")
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    start = {"type": "touchStart", "touchPoints": [point]}
    session.send("Input.dispatchTouchEvent", start)
    until.wait_for()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def _scrub(page: Page) -> None:
    box = page.get_by_role("slider").bounding_box()
    if box is None:
        raise SystemExit("the scrubber is not laid out")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.42)
    page.mouse.down()


def _release(page: Page) -> None:
    page.mouse.up()


def _hover_first(page: Page) -> None:
    page.get_by_role("grid").first.get_by_role("link").first.hover()


def _type(text: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.get_by_role("searchbox", name="Search photos").click()
        page.keyboard.type(text, delay=60)
        page.get_by_role("option").first.wait_for()

    return prepare


def _open_filters(page: Page) -> None:
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("dialog").wait_for()


def _open_view_photos(page: Page) -> None:
    page.get_by_role("button", name="Photos in this view").click()


def _open_more(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("button", name="More").click()
    page.get_by_role("dialog", name="More").wait_for()


def _upload(page: Page) -> None:
    """Upload over a slow line, so that one file is on its way."""
    network = page.context.new_cdp_session(page)
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": _SLOW_BYTES_PER_S,
        },
    )
    folder = Path(_FILES.name)
    files = [folder / name for name in UPLOADED]
    for file in files:
        write_copy(packaged_set().files[UPLOADED[file.name]], file)
    files.insert(0, write_duplicate(folder))
    page.locator("input[type=file][multiple]").first.set_input_files(files)
    page.get_by_role("region", name="Upload progress").wait_for()
    page.get_by_text("Stored safely").first.wait_for()


def _lose_network(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("status").filter(has_text="offline").first.wait_for()


def _find_network(page: Page) -> None:
    page.context.set_offline(False)


def _lose_platform(page: Page) -> None:
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Photos").click()
    page.get_by_role("status", name="PicHaven does not answer").wait_for()


def _find_platform(page: Page) -> None:
    page.unroute("**/api/**")


def _offer_version(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.reload()
    page.get_by_role("grid", name="Photos").wait_for()
    page.evaluate(f"{_NEW_VERSION}.then(() => undefined)")
    page.get_by_role("status").filter(has_text="new version").wait_for()


SCREENS: Final[dict[str, Screen]] = {
    "sign-in": Screen("/login", signed_in=False),
    "sign-up": Screen("/register", signed_in=False),
    "timeline": Screen("/", settles_ms=1_500),
    "selection": Screen("/", _select),
    "scrubber": Screen("/", _scrub, _release, devices=("desktop",), keeps_pointer=True),
    "more": Screen("/", _open_more, devices=("phone",)),
    "viewer": Screen("/", _open("Ko Po Da from the boat")),
    "information": Screen("/", _open_information),
    "text-in-picture": Screen("/search?q=canon", _open_text),
    "suggestions": Screen("/", _type("bed")),
    "search": Screen("/search?q=mountains"),
    "filters": Screen("/search?q=mountains", _open_filters, devices=("phone",)),
    "why-matched": Screen(
        "/search?q=fish+Thailand", _hover_first, devices=("desktop",), keeps_pointer=True
    ),
    "search-empty": Screen("/search?q=unicorn+parade"),
    "search-start": Screen("/search"),
    "explore": Screen("/explore"),
    "map": Screen("/map", settles_ms=5_000),
    "map-near": Screen(f"/map?bbox={_EUROPE}", settles_ms=7_000),
    "map-photos": Screen("/map", _open_view_photos, devices=("phone",), settles_ms=4_000),
    "duplicates": Screen("/duplicates"),
    "favorites": Screen("/favorites"),
    "trash": Screen("/trash"),
    "activity": Screen("/activity"),
    "settings-account": Screen("/settings/account"),
    "settings-general": Screen("/settings/general"),
    "settings-security": Screen("/settings/security"),
    "settings-keys": Screen("/settings/keys"),
    "offline": Screen("/", _lose_network, _find_network),
    "unreachable": Screen("/", _lose_platform, _find_platform),
    "update": Screen("/", _offer_version, has_worker=True),
    "upload": Screen("/", _upload, moves=True),
}
