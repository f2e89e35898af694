"""The web client in a browser: what it loads, how soon it shows photos, how it scrolls."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Final

from playwright.async_api import Browser, async_playwright

from bench import library_seed
from bench.library_photos import CORPUS, library_sizes
from bench.library_thumbnails import CORPUS as THUMBNAILS
from bench.platform_run import running_platform
from bench.report import Figure, percentile, write
from bench.web_library import GeneratedLibrary
from bench.web_page import SignedInBrowser, Tab
from bench.web_trace import CATEGORIES, read_main_thread
from pichaven_local.stack import Stack
from testing.api_client import registered_client
from testing.chromium import find_chromium

_SIZES: Final = library_sizes()
_GENERATED: Final = int(os.environ.get("PICHAVEN_BENCH_GENERATED", "1000000"))
_SCROLL_S: Final = float(os.environ.get("PICHAVEN_BENCH_SCROLL_S", "30"))
"""Of the tab whose memory is measured, that of the largest library."""
_TRACED_S: Final = 8
"""Of scrolling and of scrubbing: a second has about a megabyte of trace."""
_LOADS: Final = 5
_FRAME_MS: Final = 17
_SETTLE_S: Final = 86_400
"""The photos are not in the index, and would be indexed meanwhile as ones that it has lost."""
_SPEED: Final = 3_000
"""Pixels per second: as one looks for something."""
_STEPS: Final = 20
_ROUTES: Final = (
    *("/", "/search", "/explore", "/map", "/favorites", "/trash", "/duplicates", "/activity"),
    "/settings/general",
)
_SCRIPTS: Final = """
performance.getEntriesByType("resource")
  .filter(({ name }) => new URL(name).pathname.endsWith(".js"))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
"""


async def _bundles(browser: SignedInBrowser) -> list[Figure]:
    """Return the compressed script that each screen loads when it is opened first."""
    figures = []
    for route in _ROUTES:
        async with browser.tab() as tab:
            await tab.page.goto(route)
            await tab.page.get_by_role("main").wait_for()
            name = route.strip("/").replace("/", "_") or "timeline"
            size = await tab.settled(_SCRIPTS)
            print(f"script of {route}: {size / 1000:.0f} kB", flush=True)
            figures.append(Figure(f"script_{name}", float(size), "bytes"))
    return figures


async def _loads(browser: SignedInBrowser, prefix: str) -> list[Figure]:
    """Return how soon the first photos are there, with an empty cache, and what moved."""
    paints, shifts = [], []
    for _ in range(_LOADS):
        async with browser.tab() as tab:
            await tab.open("/")
            paints.append(await tab.settled("bench.lcp"))
            shifts.append(await tab.read("cls"))
    return [
        Figure(f"{prefix}_lcp_p50", percentile(paints, 0.5), "ms"),
        Figure(f"{prefix}_lcp_max", max(paints), "ms"),
        Figure(f"{prefix}_cls_max", max(shifts), "score"),
    ]


async def _interaction(tab: Tab, prefix: str) -> list[Figure]:
    """Return the time from an event to the next paint: arrow keys, selection, the viewer."""
    page = tab.page
    await page.get_by_role("grid", name="Photos").get_by_role("link").first.focus()
    for key in ("ArrowRight", "ArrowDown", " "):
        for _ in range(_STEPS // 2):
            await page.keyboard.press(key)
    await page.keyboard.press("Escape")
    await page.get_by_role("grid", name="Photos").get_by_role("link").first.click()
    await page.get_by_role("dialog", name="Photo").wait_for()
    for _ in range(_STEPS // 4):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog", name="Photo").wait_for(state="detached")
    durations = await tab.read("interactions")
    assert durations, "the browser reports no interaction"
    return [
        Figure(f"{prefix}_interaction_p50", percentile(durations, 0.5), "ms"),
        Figure(f"{prefix}_interaction_p98", percentile(durations, 0.98), "ms"),
    ]


async def _frames(
    browser: Browser, tab: Tab, name: str, move: Callable[[], Awaitable[None]]
) -> list[Figure]:
    """Return how even the frames are while something moves, and what the main thread did."""
    async with tab.recorded_frames() as intervals:
        await move()
    await browser.start_tracing(page=tab.page, categories=list(CATEGORIES))
    await move()
    thread = read_main_thread(await browser.stop_tracing())
    within = sum(interval < _FRAME_MS for interval in intervals) / len(intervals)
    work_within = sum(work < _FRAME_MS for work in thread.frames) / max(1, len(thread.frames))
    print(
        f"{name}: {within:.0%} of frames within {_FRAME_MS} ms, script and layout"
        f" {percentile(thread.frames, 0.95):.1f} ms p95,"
        f" longest task {thread.longest_task:.0f} ms",
        flush=True,
    )
    return [
        Figure(f"{name}_frames_within_17_ms", within, "share"),
        Figure(f"{name}_frame_p95", percentile(intervals, 0.95), "ms"),
        Figure(f"{name}_work_within_17_ms", work_within, "share"),
        Figure(f"{name}_work_per_frame_p50", percentile(thread.frames, 0.5), "CPU ms"),
        Figure(f"{name}_work_per_frame_p95", percentile(thread.frames, 0.95), "CPU ms"),
        Figure(f"{name}_longest_task", thread.longest_task, "CPU ms"),
        Figure(f"{name}_longest_task_by_the_clock", thread.longest_task_by_the_clock, "ms"),
    ]


async def _memory(tab: Tab, prefix: str) -> list[Figure]:
    before = await tab.memory()
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < _SCROLL_S:
        await tab.scroll(min(30.0, _SCROLL_S - passed), _SPEED)
        print(f"{prefix}: scrolled for {time.perf_counter() - began:.0f} s", flush=True)
    after = await tab.memory()
    return [
        Figure(f"{prefix}_memory_before", before.process, "bytes"),
        Figure(f"{prefix}_memory_after_{_SCROLL_S:.0f}_s", after.process, "bytes"),
        Figure(f"{prefix}_script_heap_before", before.script_heap, "bytes"),
        Figure(f"{prefix}_script_heap_after_{_SCROLL_S:.0f}_s", after.script_heap, "bytes"),
    ]


async def _moving(browser: Browser, tab: Tab, prefix: str) -> list[Figure]:
    return [
        *await _frames(browser, tab, f"{prefix}_scrolling", lambda: tab.scroll(_TRACED_S, _SPEED)),
        *await _frames(browser, tab, f"{prefix}_scrubbing", lambda: tab.scrub(_TRACED_S)),
    ]


async def _at_size(browser: Browser, stack: Stack, size: int) -> list[Figure]:
    prefix, is_first, is_last = f"n{size}", size == _SIZES[0], size == _SIZES[-1]
    async with registered_client(stack.url) as person:
        began = time.perf_counter()
        await library_seed.seed(stack, person.user_id, size, has_thumbnails=True)
        figures = [Figure(f"{prefix}_seeding", time.perf_counter() - began, "s")]
        await person.log_in()
        for bucket in (await person.json("GET", "/timeline"))["buckets"]:
            # The worker stores months that events have changed; these were not made by any.
            await person.json("GET", f"/timeline/{bucket['month']}")
        signed_in = SignedInBrowser(browser, stack, person)
        if is_first:
            figures += await _bundles(signed_in)
        figures += await _loads(signed_in, prefix)
        async with signed_in.tab() as tab:
            await tab.open("/")
            figures += await _interaction(tab, prefix)
            figures += await _moving(browser, tab, prefix)
            if is_last:
                figures += await _memory(tab, prefix)
        if is_last and _GENERATED:
            await person.log_in()
            library = await GeneratedLibrary.of(person, _GENERATED)
            async with signed_in.tab() as tab:
                await library.answer_for(tab.page)
                await tab.open("/")
                figures += await _moving(browser, tab, f"generated_{_GENERATED}")
    return figures


async def _run(stack: Stack) -> tuple[list[Figure], str]:
    figures: list[Figure] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**find_chromium().launch_options)
        for size in _SIZES:
            figures += await _at_size(browser, stack, size)
        version = browser.version
        await browser.close()
    return figures, version


def main() -> None:
    with running_platform(PICHAVEN_GALLERY_INVENTORY_SETTLE_S=str(_SETTLE_S)) as stack:
        figures, version = asyncio.run(_run(stack))
    corpus = f"{CORPUS.format(count=' and '.join(map(str, _SIZES)))}; {THUMBNAILS}"
    write("web", figures, corpus=corpus, versions={"chromium": version})


if __name__ == "__main__":
    main()
