"""Throughput of uploads through the gateway, against the same bytes put into storage directly.

Processing does not run, since it would take the cores away.
"""

import asyncio
import hashlib
import time
from typing import Any, Final

import numpy as np

from bench.platform_run import running_platform
from bench.report import Figure, write
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client
from testing.images import jpeg
from testing.storage import media_store

CORPUS: Final = (
    "128 MiB of bytes that cannot be compressed, behind a JPEG; 200 drawn JPEGs of 1200 x 900"
    " pixels, four at a time. Digests are made beforehand"
)
_SERVICES: Final = ("identity", "upload")
_BIG: Final = 128 << 20
_SMALL_COUNT: Final = 200
_PARALLEL: Final = 4
_ROUNDS: Final = 5


def _photo(seed: int, size: int) -> bytes:
    image = jpeg(seed, 1200, 900)
    return image + np.random.default_rng(seed).bytes(max(0, size - len(image)))


async def _direct(stack: Stack, data: bytes) -> float:
    store = media_store(stack)
    began = time.perf_counter()
    await store.put("originals/bench/direct.jpg", data, content_type="image/jpeg")
    seconds = time.perf_counter() - began
    await store.close()
    return seconds


async def _upload(person: ApiClient, name: str, data: bytes, sha256: str, **fields: Any) -> None:
    body = {
        "filename": name,
        "size": len(data),
        "content_type": "image/jpeg",
        "sha256": sha256,
        "on_duplicate": "skip",
    }
    session = await person.json("POST", "/uploads", json=body | fields)
    parts = await person.put_parts(session, data)
    await person.json("POST", f"/uploads/{session['upload_id']}/complete", json={"parts": parts})


async def _through_gateway(person: ApiClient, number: int, data: bytes) -> float:
    sha256 = hashlib.sha256(data).hexdigest()
    began = time.perf_counter()
    await _upload(person, f"big{number}.jpg", data, sha256)
    return time.perf_counter() - began


async def _small(person: ApiClient) -> float:
    photos = [jpeg(500 + number, 1200, 900) for number in range(_SMALL_COUNT)]
    digests = [hashlib.sha256(photo).hexdigest() for photo in photos]
    gate = asyncio.Semaphore(_PARALLEL)

    async def one(number: int) -> None:
        async with gate:
            await _upload(person, f"{number}.jpg", photos[number], digests[number], lane="bulk")

    began = time.perf_counter()
    await asyncio.gather(*map(one, range(_SMALL_COUNT)))
    return time.perf_counter() - began


async def _run(stack: Stack) -> list[Figure]:
    direct, ours = [], []
    async with registered_client(stack.url) as person:
        for number in range(_ROUNDS):
            data = _photo(number, _BIG)
            direct.append(await _direct(stack, data))
            ours.append(await _through_gateway(person, number, data))
        small = await _small(person)
    mib = _BIG / (1 << 20)
    # The best round of each, since other work on the machine only slows down.
    floor, best = mib / min(direct), mib / min(ours)
    return [
        Figure("direct_to_storage", floor, "MiB/s"),
        Figure("multipart_through_gateway", best, "MiB/s", "direct_to_storage", best / floor),
        Figure("small_photos", _SMALL_COUNT / small, "photos/s"),
    ]


def main() -> None:
    with running_platform(_SERVICES) as stack:
        figures = asyncio.run(_run(stack))
    write("upload", figures, corpus=CORPUS)


if __name__ == "__main__":
    main()
