"""How long answers take, asked for by several clients at once."""

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
"""Answers of each kind that are looked at before any is timed."""
_ROUNDS_BEFORE: Final = 2
"""Rounds of all kinds that are not timed: Java goes on compiling what it runs often for thousands
of answers, on the cores that give them."""

Ask = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request; `ask` gives a new one each time, `floor` names what it is held to."""

    name: str
    floor: str
    ask: Callable[[], Ask]
    at_times_empty: bool = False


async def warm(http: httpx.AsyncClient, kinds: Sequence[Kind]) -> None:
    """Answers that are not timed. Of each kind one at least has to say something: empty ones are
    cheap."""
    for kind in kinds:
        full = False
        for _ in range(_WARM):
            method, path, arguments = kind.ask()
            answer = await http.request(method, path, **arguments)
            answer.raise_for_status()
            told = answer.json()
            full |= bool(told.get("items", told.get("buckets", told.get("clusters", told))))
        assert full or kind.at_times_empty, f"{kind.name}: only empty answers"
    for _ in range(_ROUNDS_BEFORE):
        for kind in kinds:
            await _times(http, kind, max(CONCURRENCY))


async def measured(
    http: httpx.AsyncClient,
    kind: Kind,
    concurrency: int,
    floors: dict[tuple[str, int, str], float],
    percentiles: tuple[int, ...] = (50, 95),
) -> list[Figure]:
    """Milliseconds by percentile, against those of the floor, and answers per second."""
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
    told = ", ".join(f"{each.name.rpartition('_')[2]} {each.value:.1f} ms" for each in figures)
    print(f"{kind.name} by {concurrency}: {told}, {rate:.0f}/s", flush=True)
    return [*figures, Figure(f"{kind.name}_c{concurrency}_rate", rate, "answers/s")]


async def _times(
    http: httpx.AsyncClient, kind: Kind, concurrency: int
) -> tuple[list[float], float]:
    """Seconds of each answer, and of all of them together.

    By a client that costs a third of httpx's time: it shares the machine with what it measures.
    """
    times: list[float] = []
    base = str(http.base_url).rstrip("/")
    headers = {"Authorization": http.headers["Authorization"]}

    async def client(session: aiohttp.ClientSession) -> None:
        while time.perf_counter() - began < _SECONDS or len(times) < _FEWEST:
            method, path, arguments = kind.ask()
            url = base + path if path.startswith("/") else path
            sent = time.perf_counter()
            async with session.request(method, url, **arguments) as answer:
                content = await answer.read()
            times.append(time.perf_counter() - sent)
            assert answer.status == 200, f"{kind.name}: {answer.status} {content[:500]!r}"
            assert b'"degraded":["' not in content, f"{kind.name}: degraded"

    async with aiohttp.ClientSession(headers=headers) as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(concurrency)))
        return times, time.perf_counter() - began
