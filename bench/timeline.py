"""Response times of the timeline: months and overview, whole and as 304, by size of library."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Final

import httpx

from bench import library_seed
from bench.library_photos import CORPUS, library_sizes
from bench.platform_run import running_platform
from bench.report import Figure, percentile, write
from bench.timing import CONCURRENCY, Kind, measure
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client

_SIZES: Final = library_sizes()
_SERVICES: Final = ("identity", "gallery")
_CHANGES: Final = 40


async def _first_reads(
    stack: Stack, person: ApiClient, size: int
) -> tuple[dict[str, str], list[Figure]]:
    """Read each month twice as the first; return its tag, and figures of both reads."""
    timeline = await person.json("GET", "/timeline")
    assert sum(bucket["count"] for bucket in timeline["buckets"]) == size
    paths = [f"/timeline/{bucket['month']}" for bucket in timeline["buckets"]]
    tags = dict.fromkeys(("/timeline", *paths), "")
    unread, stored, sizes = [], [], []
    # URLs of thumbnails for another host, which no process has encoded.
    other_host = f"http://localhost:{stack.ports.gateway}/api/v1"
    for path in paths:
        seconds, response = await _timed(person, path)
        unread.append(seconds)
        tags[path] = response.headers["etag"]
        sizes.append(response.num_bytes_downloaded)
    for path in paths:
        seconds, response = await _timed(person, f"{other_host}{path}")
        assert response.headers["etag"] != tags[path]
        stored.append(seconds)
    tags["/timeline"] = (await person.http.get("/timeline")).headers["etag"]
    return tags, [
        *_percentiles(f"first_read_of_month_{size}", unread),
        *_percentiles(f"first_read_of_stored_month_{size}", stored),
        Figure(f"month_{size}_bytes", percentile(sizes, 0.5), "bytes"),
    ]


async def _reads_after_changes(person: ApiClient, size: int, paths: Sequence[str]) -> list[Figure]:
    """Make a photo a favorite and read its month, again and again."""
    rng = random.Random(3)
    times = []
    for _ in range(_CHANGES):
        path = rng.choice(paths)
        photo_id = rng.choice((await person.json("GET", path))["id"])
        edit = {"favorite": True, "caption": f"changed {rng.random()}"}
        await person.json("PATCH", f"/photos/{photo_id}", json=edit)
        seconds, response = await _timed(person, path)
        assert edit["caption"] in response.json()["name"]
        times.append(seconds)
    return _percentiles(f"month_after_change_{size}", times)


async def _timed(person: ApiClient, path: str) -> tuple[float, httpx.Response]:
    sent = time.perf_counter()
    response = await person.http.get(path)
    seconds = time.perf_counter() - sent
    return seconds, response.raise_for_status()


def _percentiles(name: str, seconds: Sequence[float]) -> list[Figure]:
    p50, p95 = (1000 * percentile(seconds, share) for share in (0.5, 0.95))
    print(f"{name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms", flush=True)
    return [Figure(f"{name}_p50", p50, "ms"), Figure(f"{name}_p95", p95, "ms")]


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
            tags, first = await _first_reads(stack, person, size)
            figures += first
            floors: dict[tuple[str, int, str], float] = {}
            for concurrency in CONCURRENCY:
                for kind in _kinds(stack, size, tags):
                    figures += await measure(person.http, kind, concurrency, floors)
            months = [path for path in tags if path != "/timeline"]
            figures += await _reads_after_changes(person, size, months)
    return figures


def main() -> None:
    with running_platform(_SERVICES) as stack:
        figures = asyncio.run(_run(stack))
    write("timeline", figures, corpus=CORPUS.format(count=" and ".join(map(str, _SIZES))))


if __name__ == "__main__":
    main()
