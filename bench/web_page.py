"""A tab of the web client that is measured from inside, by what browsers report of themselves."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    StorageState,
    ViewportSize,
)

from pichaven_local.stack import Stack
from testing.api_client import PASSWORD, ApiClient

_DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
_WAIT_MS: Final = 60_000
_SETTLED_S: Final = 1.0
_OBSERVE: Final = """
window.bench = { lcp: 0, cls: 0, interactions: [], frames: [] };
const observe = (type, take, options = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
    type, buffered: true, ...options,
  });
observe("largest-contentful-paint", (entry) => { bench.lcp = entry.startTime; });
observe("layout-shift", (entry) => { if (!entry.hadRecentInput) bench.cls += entry.value; });
observe("event", (entry) => {
  if (entry.interactionId) bench.interactions.push(entry.duration);
}, { durationThreshold: 16 });
bench.recordFrames = () => {
  bench.frames = [];
  bench.recording = true;
  let before;
  const next = (now) => {
    if (before !== undefined) bench.frames.push(now - before);
    before = now;
    if (bench.recording) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
};
bench.scroll = (seconds, speed) => new Promise((resolve) => {
  const began = performance.now();
  let before = began;
  const next = (now) => {
    const top = window.scrollY;
    window.scrollBy(0, (speed * (now - before)) / 1000);
    if (window.scrollY === top && now - before > 0 && speed > 0) window.scrollTo(0, 0);
    before = now;
    if (now - began < seconds * 1000) requestAnimationFrame(next);
    else resolve();
  };
  requestAnimationFrame(next);
});
"""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes, after a collection of garbage."""

    script_heap: float
    process: float
    """Private memory of the renderer."""


class Tab:
    def __init__(self, page: Page, session: CDPSession, browser_session: CDPSession) -> None:
        self.page = page
        self._session = session
        self._browser_session = browser_session

    async def open(self, path: str) -> None:
        """Load the page and return when it shows its first photos."""
        await self.page.goto(path)
        grid = self.page.get_by_role("grid", name="Photos")
        await grid.locator("img").first.wait_for()
        await self.page.evaluate("document.fonts.ready.then(() => undefined)")

    async def read(self, name: str) -> Any:
        """Return a figure that the page has observed."""
        return await self.page.evaluate(f"bench.{name}")

    async def settled(self, expression: str) -> Any:
        """Return a figure of the page once it has been the same for a second.

        The stream of events never lets the network be idle.
        """
        value, since = None, time.monotonic()
        while time.monotonic() - since < _SETTLED_S:
            current = await self.page.evaluate(expression)
            if current != value:
                value, since = current, time.monotonic()
            await self.page.wait_for_timeout(100)
        return value

    async def scroll(self, seconds: float, speed: float) -> None:
        """Scroll down at a speed in pixels per second."""
        await self.page.evaluate(f"bench.scroll({seconds}, {speed})")

    async def scrub(self, seconds: float) -> None:
        """Drag the scrubber's thumb up and down."""
        box = await self.page.get_by_role("slider").bounding_box()
        assert box is not None
        middle, top = box["x"] + box["width"] / 2, box["y"] + 20
        height = box["height"] - 40
        await self.page.mouse.move(middle, top)
        await self.page.mouse.down()
        began = await self.page.evaluate("performance.now()")
        step = 0
        while await self.page.evaluate("performance.now()") - began < 1000 * seconds:
            step += 1
            share = abs((step / 60) % 2 - 1)
            await self.page.mouse.move(middle, top + height * (1 - share))
        await self.page.mouse.up()

    @asynccontextmanager
    async def recorded_frames(self) -> AsyncIterator[list[float]]:
        """Yield the milliseconds between frames, which are there in the end."""
        frames: list[float] = []
        await self.page.evaluate("bench.recordFrames()")
        yield frames
        frames += await self.page.evaluate("(bench.recording = false, bench.frames)")

    async def memory(self) -> Memory:
        await self._session.send("HeapProfiler.collectGarbage")
        metrics = (await self._session.send("Performance.getMetrics"))["metrics"]
        heap = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
        return Memory(heap, float(await self._private_bytes()))

    async def _private_bytes(self) -> int:
        """Return the memory of the largest renderer: the browser has one more that is spare."""
        processes = (await self._browser_session.send("SystemInfo.getProcessInfo"))["processInfo"]
        return max(
            _private_bytes(process["id"]) for process in processes if process["type"] == "renderer"
        )


class SignedInBrowser:
    """Opens tabs of one account, each in a profile with an empty cache."""

    def __init__(self, browser: Browser, stack: Stack, person: ApiClient) -> None:
        self._browser = browser
        self._stack = stack
        self._person = person
        self._cookies: StorageState | None = None

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """Yield a tab that is signed in and shows nothing yet."""
        context = await self._browser.new_context(
            base_url=self._stack.url,
            viewport=_DESKTOP,
            locale="en-US",
            storage_state=self._cookies,
        )
        try:
            if self._cookies is None:
                await self._sign_in(context)
            page = await context.new_page()
            page.set_default_timeout(_WAIT_MS)
            await page.add_init_script(_OBSERVE)
            session = await context.new_cdp_session(page)
            await session.send("Performance.enable")
            yield Tab(page, session, await self._browser.new_browser_cdp_session())
            # A refresh token works once, so the next tab needs the one that this has got.
            self._cookies = await context.storage_state()
        finally:
            await context.close()

    async def _sign_in(self, context: BrowserContext) -> None:
        """Get the cookies of a session."""
        page = await context.new_page()
        page.set_default_timeout(_WAIT_MS)
        await page.goto("/login")
        await page.get_by_label("Email").fill(self._person.email)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("grid", name="Photos").wait_for()
        await page.close()


def _private_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    fields: Sequence[list[str]] = [line.split() for line in lines]
    return 1024 * sum(int(each[1]) for each in fields if each[0].startswith("Private_"))
