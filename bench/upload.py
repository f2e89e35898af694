"""Throughput of uploads through the gateway, against the same bytes written to storage directly."""

import asyncio
import time
from typing import Final

import numpy as np
from tests.support.person import Person, new_person
from tests.support.pictures import jpeg
from tests.support.storage import store_of

from bench.platform_run import running_platform
from bench.report import Figure, write
from pichaven_local.stack import Stack

_BIG: Final = 128 << 20
_SMALL_COUNT: Final = 200
_PARALLEL: Final = 4
_ROUNDS: Final = 3


def _photo(seed: int, size: int) -> bytes:
    picture = jpeg(seed)
    rest = np.random.default_rng(seed).bytes(max(0, size - len(picture)))
    return picture + rest


async def _timed_direct(stack: Stack, data: bytes) -> float:
    store = store_of(stack)
    began = time.perf_counter()
    await store.put("originals/bench/direct.jpg", data, content_type="image/jpeg")
    seconds = time.perf_counter() - began
    await store.close()
    return seconds


async def _small(person: Person) -> float:
    photos = [jpeg(500 + n) for n in range(_SMALL_COUNT)]
    gate = asyncio.Semaphore(_PARALLEL)

    async def one(number: int) -> None:
        async with gate:
            await person.upload(f"{number}.jpg", photos[number], lane="bulk")

    began = time.perf_counter()
    await asyncio.gather(*(one(n) for n in range(_SMALL_COUNT)))
    return time.perf_counter() - began


async def _run(stack: Stack) -> list[Figure]:
    direct, presigned = [], []
    async with new_person(stack.url) as person:
        for number in range(_ROUNDS):
            data = _photo(number, _BIG)
            direct.append(await _timed_direct(stack, data))
            began = time.perf_counter()
            await person.upload(f"big{number}.jpg", data, content_type="image/jpeg")
            presigned.append(time.perf_counter() - began)
        small = await _small(person)
    floor, ours = sorted(direct)[_ROUNDS // 2], sorted(presigned)[_ROUNDS // 2]
    mib = _BIG / (1 << 20)
    return [
        Figure("direct_to_storage", mib / floor, "MiB/s"),
        Figure("multipart_through_gateway", mib / ours, "MiB/s", "direct_to_storage", floor / ours),
        Figure("small_photos", _SMALL_COUNT / small, "photos/s"),
    ]


def main() -> None:
    with running_platform() as stack:
        write("upload", asyncio.run(_run(stack)))


if __name__ == "__main__":
    main()
