"""Response times of gallery and search in a library of 10,000 photos, by concurrency."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import httpx

from bench import library_seed
from bench.library_seed import CAMERAS, DAYS, LATEST, SCENES, THINGS
from bench.platform_run import running_platform
from bench.report import Figure, write
from bench.timing import CONCURRENCY, Kind, measure, warm
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client

_PHOTOS: Final = int(os.environ.get("PICHAVEN_BENCH_PHOTOS", "10000"))
_SERVICES: Final = ("identity", "upload", "gallery", "search")
_SEEDED_S: Final = 1500

_ADJECTIVES: Final = ("small", "old", "bright", "lonely", "red", "quiet", "huge", "wet", "two")


def _kinds(stack: Stack, ids: Sequence[str]) -> list[Kind]:
    rng = random.Random(7)
    number = itertools.count()

    def month() -> str:
        return f"{LATEST - timedelta(days=rng.uniform(0, DAYS)):%Y-%m}"

    def words() -> str:
        return rng.choice((rng.choice(THINGS), rng.choice(SCENES), rng.choice(CAMERAS)))

    def sentence() -> str:
        return f"{rng.choice(_ADJECTIVES)} {rng.choice(THINGS)} seen {next(number)} steps away"

    def query_prefix() -> str:
        return words().lower()[: rng.randint(1, 4)]

    def live(service: str) -> Kind:
        port = getattr(stack.ports, service)
        url = f"http://127.0.0.1:{port}/livez"
        return Kind(f"{service}_livez", f"{service}_livez", lambda: ("GET", url, {}))

    def gallery(name: str, path: Callable[[], str], **parameters: object) -> Kind:
        return Kind(name, "gallery_livez", lambda: ("GET", path(), {"params": parameters}))

    def search(name: str, path: str, query: Callable[[], str]) -> Kind:
        return Kind(name, "search_livez", lambda: ("GET", path, {"params": {"q": query()}}))

    return [
        live("gallery"),
        gallery("list_of_50", lambda: "/photos", limit=50),
        gallery("one_photo", lambda: f"/photos/{rng.choice(ids)}"),
        gallery("timeline", lambda: "/timeline"),
        gallery("month_of_timeline", lambda: f"/timeline/{month()}"),
        live("search"),
        search("search_newest", "/search", str),
        search("search_words", "/search", words),
        search("search_new_sentence", "/search", sentence),
        Kind(
            "similar",
            "search_livez",
            lambda: ("GET", f"/photos/{rng.choice(ids)}/similar", {}),
        ),
        search("suggest", "/search/suggest", query_prefix),
        Kind(
            "patch",
            "gallery_livez",
            lambda: (
                "PATCH",
                f"/photos/{rng.choice(ids)}",
                {"json": {"favorite": rng.random() < 0.5, "caption": f"changed {next(number)}"}},
            ),
        ),
    ]


async def _wait_until_complete(person: ApiClient) -> None:
    """Return once gallery counts and search has every photo."""
    deadline = time.monotonic() + _SEEDED_S
    while True:
        try:
            timeline = await person.json("GET", "/timeline")
            counted = sum(bucket["count"] for bucket in timeline["buckets"])
            page = await person.json("GET", "/search", params={"limit": 1})
        except httpx.TimeoutException:
            # The database is at its busiest now, and nothing is measured yet.
            print("no response in time", flush=True)
        else:
            print(f"gallery counts {counted}, search has {page['total']}", flush=True)
            if counted == page["total"] == _PHOTOS:
                return
        assert time.monotonic() < deadline, "the library did not come together"
        await asyncio.sleep(5)


async def _seed(stack: Stack, person: ApiClient) -> tuple[list[str], list[Figure]]:
    began = time.perf_counter()
    ids = await library_seed.seed(stack, person.user_id, _PHOTOS)
    put = time.perf_counter() - began
    await _wait_until_complete(person)
    return ids, [
        Figure("seeding_in_gallery", put, "s"),
        Figure("seeding_in_gallery_and_search", time.perf_counter() - began, "s"),
    ]


async def _run(stack: Stack) -> list[Figure]:
    async with registered_client(stack.url) as person:
        ids, figures = await _seed(stack, person)
        await person.log_in()
        kinds = _kinds(stack, ids)
        floors: dict[tuple[str, int, str], float] = {}
        await warm(person.http, kinds)
        for concurrency in CONCURRENCY:
            for kind in kinds:
                figures += await measure(person.http, kind, concurrency, floors)
    return figures


def main() -> None:
    with running_platform(_SERVICES, encoder_only=True) as stack:
        figures = asyncio.run(_run(stack))
    write("api", figures, corpus=library_seed.CORPUS.format(count=_PHOTOS))


if __name__ == "__main__":
    main()
