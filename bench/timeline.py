"""Response times of the timeline: months and overview, whole and as 304, by size of library."""

import asyncio
import random
import time
from typing import Final

from bench import library_seed
from bench.library_photos import CORPUS, library_sizes
from bench.platform_run import running_platform
from bench.report import Figure, percentile, write
from bench.timing import CONCURRENCY, Kind, measure
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client

_SIZES: Final = library_sizes()
_SERVICES: Final = ("identity", "gallery")


async def _first_reads(person: ApiClient, size: int) -> tuple[dict[str, str], list[Figure]]:
    """Read each month once; return its tag, and the figures of months that nobody has read."""
    timeline = await person.json("GET", "/timeline")
    assert sum(bucket["count"] for bucket in timeline["buckets"]) == size
    tags: dict[str, str] = {"/timeline": ""}
    times, sizes = [], []
    for month in [bucket["month"] for bucket in timeline["buckets"]]:
        path = f"/timeline/{month}"
        sent = time.perf_counter()
        response = await person.http.get(path)
        times.append(time.perf_counter() - sent)
        response.raise_for_status()
        tags[path] = response.headers["etag"]
        sizes.append(response.num_bytes_downloaded)
    tags["/timeline"] = (await person.http.get("/timeline")).headers["etag"]
    return tags, [
        Figure(f"first_read_of_month_{size}_p50", 1000 * percentile(times, 0.5), "ms"),
        Figure(f"first_read_of_month_{size}_p95", 1000 * percentile(times, 0.95), "ms"),
        Figure(f"month_{size}_bytes", percentile(sizes, 0.5), "bytes"),
    ]


def _kinds(stack: Stack, size: int, tags: dict[str, str]) -> list[Kind]:
    rng = random.Random(7)
    months = [path for path in tags if path != "/timeline"]
    floor = f"livez_{size}"
    live = f"http://127.0.0.1:{stack.ports.gallery}/livez"

    def if_none_match(path: str) -> dict[str, dict[str, str]]:
        return {"headers": {"If-None-Match": tags[path]}}

    def current_month() -> tuple[str, str, dict[str, dict[str, str]]]:
        path = rng.choice(months)
        return "GET", path, if_none_match(path)

    return [
        Kind(floor, floor, lambda: ("GET", live, {})),
        Kind(f"timeline_{size}", floor, lambda: ("GET", "/timeline", {})),
        Kind(
            f"timeline_{size}_304",
            floor,
            lambda: ("GET", "/timeline", if_none_match("/timeline")),
            status=304,
        ),
        Kind(f"month_{size}", floor, lambda: ("GET", rng.choice(months), {})),
        Kind(f"month_{size}_304", floor, current_month, status=304),
    ]


async def _run(stack: Stack) -> list[Figure]:
    figures: list[Figure] = []
    for size in _SIZES:
        async with registered_client(stack.url) as person:
            began = time.perf_counter()
            await library_seed.seed(stack, person.user_id, size)
            figures.append(Figure(f"seeding_{size}", time.perf_counter() - began, "s"))
            await person.log_in()
            tags, first = await _first_reads(person, size)
            figures += first
            floors: dict[tuple[str, int, str], float] = {}
            for concurrency in CONCURRENCY:
                for kind in _kinds(stack, size, tags):
                    figures += await measure(person.http, kind, concurrency, floors)
    return figures


def main() -> None:
    with running_platform(_SERVICES) as stack:
        figures = asyncio.run(_run(stack))
    write("timeline", figures, corpus=CORPUS.format(count=" and ".join(map(str, _SIZES))))


if __name__ == "__main__":
    main()
