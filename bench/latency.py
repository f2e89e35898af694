"""From `complete` to the thumbnail and to the search result, idle and behind a bulk import."""

import asyncio
import time
from typing import Final

from tests.support.person import Person, new_person
from tests.support.pictures import jpeg

from bench.platform_run import running_platform
from bench.report import Figure, percentile, write

_SAMPLES: Final = 15
_BULK: Final = 300


async def _one(person: Person, seed: int) -> tuple[float, float]:
    """Seconds from the durable receipt until the thumbnail answers, and until it is found."""
    name = f"latency{seed}"
    photo_id = await person.upload(f"{name}.jpg", jpeg(seed))
    began = time.perf_counter()
    shown = 0.0
    while not shown:
        answer = await person.http.get(f"/photos/{photo_id}")
        if answer.status_code == 200 and answer.json()["status"] == "ready":
            url = answer.json()["variants"][0]["url"]
            assert (await person.storage.get(url)).status_code == 200
            shown = time.perf_counter() - began
        else:
            await asyncio.sleep(0.02)
    await person.found(photo_id, q=name)
    return shown, time.perf_counter() - began


async def _measure(person: Person, seed: int) -> tuple[list[float], list[float]]:
    pairs = [await _one(person, seed + n) for n in range(_SAMPLES)]
    return [shown for shown, _ in pairs], [found for _, found in pairs]


async def _run(url: str) -> list[Figure]:
    async with new_person(url) as person, new_person(url) as importer:
        await _one(person, 1)
        idle_shown, idle_found = await _measure(person, 100)
        photos = [jpeg(10_000 + n) for n in range(_BULK)]
        gate = asyncio.Semaphore(8)

        async def bulk(number: int) -> None:
            async with gate:
                await importer.upload(f"bulk{number}.jpg", photos[number], lane="bulk")

        await asyncio.gather(*(bulk(n) for n in range(_BULK)))
        busy_shown, busy_found = await _measure(person, 200)
        left = await importer.json("GET", "/photos", params={"status": "processing", "limit": 500})
    still = len(left["items"])
    assert still > 0, "the bulk import ended before the measurement: raise _BULK"
    figures = []
    for name, idle, busy in (
        ("thumbnail", idle_shown, busy_shown),
        ("searchable", idle_found, busy_found),
    ):
        for label, share in (("p50", 0.5), ("p95", 0.95)):
            base = percentile(idle, share)
            loaded = percentile(busy, share)
            figures += [
                Figure(f"{name}_idle_{label}", base, "s"),
                Figure(
                    f"{name}_behind_bulk_{label}",
                    loaded,
                    "s",
                    f"{name}_idle_{label}",
                    loaded / base,
                ),
            ]
    return [*figures, Figure("bulk_photos_still_waiting_at_the_end", still, "photos")]


def main() -> None:
    with running_platform() as stack:
        write("latency", asyncio.run(_run(stack.url)))


if __name__ == "__main__":
    main()
