"""From `complete` to the thumbnail and to the search result, idle and behind a bulk import."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bench.platform_run import running_platform
from bench.report import Figure, percentile, write
from testing.api_client import ApiClient, registered_client
from testing.images import jpeg

CORPUS: Final = "drawn JPEGs of 1200 x 900 pixels, each different, one uploaded at a time"
_SAMPLES: Final = 15
_WAITING: Final = 60
"""So many bulk photos wait at least whenever a photo is uploaded by hand."""
_ADDED: Final = 60
_AT_ONCE: Final = 8
_LONGEST_S: Final = 120


class BulkImport:
    """A bulk import by another user that processing does not finish during a measurement."""

    def __init__(self, person: ApiClient) -> None:
        self._person = person
        self._sent = 0
        self.fewest = _ADDED

    async def top_up(self) -> None:
        """Upload more until at least `_WAITING` photos wait."""
        while (left := await self._count_processing()) < _WAITING:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def one(number: int, gate: asyncio.Semaphore = gate) -> None:
                async with gate:
                    photo = jpeg(10_000 + number, 1200, 900)
                    await self._person.upload(f"bulk{number}.jpg", photo, lane="bulk")

            numbers = range(self._sent, self._sent + _ADDED + _WAITING - left)
            await asyncio.gather(*map(one, numbers))
            self._sent += len(numbers)

    async def record(self) -> None:
        """Record the fewest photos that waited at the end of a measurement."""
        self.fewest = min(self.fewest, await self._count_processing())

    async def _count_processing(self) -> int:
        query = {"status": "processing", "limit": 500}
        page = await self._person.json("GET", "/photos", params=query)
        return len(page["items"])


async def _one(person: ApiClient, seed: int) -> tuple[float, float]:
    """Return the seconds from the durable receipt to the thumbnail and to the search hit."""
    name = f"latency{seed}"
    photo_id = await person.upload(f"{name}.jpg", jpeg(seed, 1200, 900))
    began = time.perf_counter()
    while True:
        response = await person.http.get(f"/photos/{photo_id}")
        if response.status_code == 200 and response.json()["status"] == "ready":
            break
        assert time.perf_counter() - began < _LONGEST_S, response.text
        await asyncio.sleep(0.02)
    smallest = min(response.json()["variants"], key=lambda variant: variant["bytes"])
    assert (await person.storage.get(smallest["url"])).status_code == 200
    thumbnail_s = time.perf_counter() - began
    while photo_id not in await _hits(person, name):
        assert time.perf_counter() - began < _LONGEST_S, "it is no hit"
        await asyncio.sleep(0.02)
    return thumbnail_s, time.perf_counter() - began


async def _hits(person: ApiClient, name: str) -> set[str]:
    page = await person.json("GET", "/search", params={"q": name, "limit": 200})
    return {item["photo"]["id"] for item in page["items"]}


async def _nothing() -> None:
    return


async def _measure(
    person: ApiClient,
    seed: int,
    before: Callable[[], Awaitable[None]] = _nothing,
    after: Callable[[], Awaitable[None]] = _nothing,
) -> tuple[list[float], list[float]]:
    pairs = []
    for number in range(_SAMPLES):
        await before()
        pairs.append(await _one(person, seed + number))
        await after()
    return [thumbnail for thumbnail, _ in pairs], [hit for _, hit in pairs]


async def _run(url: str) -> list[Figure]:
    async with registered_client(url) as person, registered_client(url) as importer:
        await _one(person, 1)
        idle_thumbnails, idle_hits = await _measure(person, 100)
        bulk = BulkImport(importer)
        busy_thumbnails, busy_hits = await _measure(person, 200, bulk.top_up, bulk.record)
    assert bulk.fewest > 0, "the bulk import ended during a measurement: raise _WAITING"
    figures = []
    for name, idle, busy in (
        ("thumbnail", idle_thumbnails, busy_thumbnails),
        ("searchable", idle_hits, busy_hits),
    ):
        for label, share in (("p50", 0.5), ("p95", 0.95)):
            base = percentile(idle, share)
            loaded = percentile(busy, share)
            against = f"{name}_idle_{label}"
            figures += [
                Figure(against, base, "s"),
                Figure(f"{name}_behind_bulk_{label}", loaded, "s", against, loaded / base),
            ]
    return [*figures, Figure("fewest_bulk_photos_waiting", bulk.fewest, "photos")]


def main() -> None:
    with running_platform() as stack:
        figures = asyncio.run(_run(stack.url))
    write("latency", figures, corpus=CORPUS)


if __name__ == "__main__":
    main()
