"""Files dropped into the page, and what the upload panel says of them."""

import base64
from collections.abc import Mapping

from playwright.async_api import Locator, Page

_HOLD = """files => {
  window.held = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
    const options = { type: "image/jpeg", lastModified: 1781424000000 };
    window.held.items.add(new File([bytes], name, options));
  }
}"""
_DRAG = """type => document.body.dispatchEvent(
  new DragEvent(type, { dataTransfer: window.held, bubbles: true, cancelable: true }))"""
_WATCH = """region => {
  window.wordsOfUploads = new Set();
  const read = () => region.querySelectorAll("[role=row] p").forEach(
    paragraph => window.wordsOfUploads.add(paragraph.textContent));
  const options = { subtree: true, childList: true, characterData: true };
  new MutationObserver(read).observe(region, options);
  read();
}"""
_STORED = "Stored safely · "
READY_MS = 240_000


async def drop(page: Page, files: Mapping[str, bytes]) -> None:
    """Drop files into the window, as from a folder of the desktop."""
    encoded = [[name, base64.b64encode(data).decode()] for name, data in files.items()]
    await page.evaluate(_HOLD, encoded)
    # What listens to drops is loaded after the screen; it takes the event from the browser.
    await page.wait_for_function(f"() => !({_DRAG})('dragover')")
    await page.evaluate(_DRAG, "drop")


def upload_panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Upload progress")


async def watch_rows(page: Page) -> None:
    """Record all that rows of the panel say from now on."""
    await upload_panel(page).evaluate(_WATCH)


async def shown_steps(page: Page) -> set[str]:
    """Return the steps of processing that rows have named since they are watched."""
    words = await page.evaluate("[...window.wordsOfUploads]")
    steps = {text.removeprefix(_STORED) for text in words if text.startswith(_STORED)}
    return steps - {"ready"}
