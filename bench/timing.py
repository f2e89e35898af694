"""Response times under several concurrent clients."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import httpx

from bench.report import Figure, percentile

CONCURRENCY: Final = (1, 4, 16)
_SECONDS: Final = 4.0
_FEWEST: Final = 20
_WARM: Final = 100
"""Requests of each kind before any is timed. One response at least must have items."""
_ROUNDS_BEFORE: Final = 2
"""Rounds of all kinds that are not timed: the JVM compiles hot code for thousands of requests, on
the cores that serve them."""

Request = tuple[str, str, dict[str, Any]]
"""Method, path or URL, and arguments."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request; `request` returns a new one each time, `floor` names its baseline."""

    name: str
    floor: str
    request: Callable[[], Request]
    may_be_empty: bool = False
    status: int = 200
    """Of every response."""


async def warm(http: httpx.AsyncClient, kinds: Sequence[Kind]) -> None:
    """Send requests that are not timed; assert that each kind has a response with items."""
    for kind in kinds:
        full = False
        for _ in range(_WARM):
            method, path, arguments = kind.request()
            response = await http.request(method, path, **arguments)
            response.raise_for_status()
            body = response.json()
            full |= bool(body.get("items", body.get("buckets", body.get("clusters", body))))
        assert full or kind.may_be_empty, f"{kind.name}: only empty responses"
    for _ in range(_ROUNDS_BEFORE):
        for kind in kinds:
            await _times(http, kind, max(CONCURRENCY))


async def measure(
    http: httpx.AsyncClient,
    kind: Kind,
    concurrency: int,
    floors: dict[tuple[str, int, str], float],
    percentiles: tuple[int, ...] = (50, 95),
) -> list[Figure]:
    """Return milliseconds by percentile, against those of the floor, and responses per second."""
    times, seconds = await _times(http, kind, concurrency)
    figures = []
    for share in percentiles:
        label = f"p{share}"
        value = 1000 * percentile(times, share / 100)
        floor = floors.setdefault((kind.floor, concurrency, label), value)
        own = kind.name == kind.floor
        against = None if own else f"{kind.floor}_c{concurrency}_{label}"
        name = f"{kind.name}_c{concurrency}_{label}"
        figures.append(Figure(name, value, "ms", against, None if own else value / floor))
    rate = len(times) / seconds
    summary = ", ".join(f"{each.name.rpartition('_')[2]} {each.value:.1f} ms" for each in figures)
    print(f"{kind.name} by {concurrency}: {summary}, {rate:.0f}/s", flush=True)
    return [*figures, Figure(f"{kind.name}_c{concurrency}_rate", rate, "responses/s")]


async def _times(
    http: httpx.AsyncClient, kind: Kind, concurrency: int
) -> tuple[list[float], float]:
    """Return the seconds of each response and of the whole round.

    The client is aiohttp, which takes a third of httpx's CPU time: it shares the machine with the
    services.
    """
    times: list[float] = []
    base = str(http.base_url).rstrip("/")
    headers = {"Authorization": http.headers["Authorization"]}

    async def client(session: aiohttp.ClientSession) -> None:
        while time.perf_counter() - began < _SECONDS or len(times) < _FEWEST:
            method, path, arguments = kind.request()
            url = base + path if path.startswith("/") else path
            sent = time.perf_counter()
            async with session.request(method, url, **arguments) as response:
                content = await response.read()
            times.append(time.perf_counter() - sent)
            assert response.status == kind.status, (
                f"{kind.name}: {response.status} {content[:500]!r}"
            )
            assert b'"degraded":["' not in content, f"{kind.name}: degraded"

    async with aiohttp.ClientSession(headers=headers) as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(concurrency)))
        return times, time.perf_counter() - began
