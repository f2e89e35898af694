"""Single flight, stale values while a reload runs, and failures that spoil nothing."""

import asyncio

import pytest

from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from testing.polling import eventually


class Source:
    """Counts its loads; a load waits for `released`, and fails while `broken`."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        self.released = asyncio.Event()
        self.released.set()
        self.broken = False
        self.now = 100.0
        self.cache: RefreshingCache[str, int] = RefreshingCache(
            self.load,
            Lifetime(fresh_s=10, stale_s=30),
            max_entries=2,
            retry_s=5,
            now=lambda: self.now,
        )

    async def load(self, key: str) -> int:
        self.loads.append(key)
        await self.released.wait()
        if self.broken:
            raise ConnectionError("source")
        return len(self.loads)


async def test_concurrent_callers_share_one_load() -> None:
    source = Source()
    source.released.clear()
    callers = [asyncio.create_task(source.cache.get("a")) for _ in range(10)]
    await eventually(lambda: source.loads == ["a"], "the load runs")
    callers[0].cancel()
    source.released.set()

    assert set(await asyncio.gather(*callers[1:])) == {1}
    assert source.loads == ["a"]


async def test_a_stale_value_is_returned_while_it_is_reloaded() -> None:
    source = Source()
    assert await source.cache.get("a") == 1
    source.now += 20
    assert await source.cache.get("a") == 1
    await eventually(lambda: source.cache.peek("a") == 2, "reloaded")


async def test_an_expired_value_is_waited_for() -> None:
    source = Source()
    await source.cache.get("a")
    source.now += 31
    assert await source.cache.get("a") == 2


async def test_a_failed_reload_keeps_the_value_and_is_not_repeated_at_once() -> None:
    source = Source()
    await source.cache.get("a")
    source.broken = True
    source.now += 20
    assert await source.cache.get("a") == 1
    await eventually(lambda: len(source.loads) == 2, "tried")
    assert await source.cache.get("a") == 1
    source.now += 4
    assert await source.cache.get("a") == 1
    assert len(source.loads) == 2
    source.now += 30
    with pytest.raises(ConnectionError):
        await source.cache.get("a")
    assert source.cache.peek("a") == 1


async def test_only_the_most_recently_used_values_stay() -> None:
    source = Source()
    for key in "abc":
        await source.cache.get(key)
    assert source.cache.peek("a") is None
    assert source.cache.peek("c") == 3
    source.cache.invalidate("c")
    assert source.cache.peek("c") is None


async def test_a_value_that_is_invalidated_while_it_loads_is_not_kept() -> None:
    source = Source()
    source.released.clear()
    early = asyncio.create_task(source.cache.get("a"))
    await eventually(lambda: source.loads == ["a"], "the load runs")

    source.cache.invalidate("a")
    late = asyncio.create_task(source.cache.get("a"))
    await eventually(lambda: source.loads == ["a", "a"], "a new load runs")
    source.cache.invalidate("a")
    source.released.set()
    await asyncio.gather(early, late)

    assert source.cache.peek("a") is None
    assert not source.cache.is_loading("a")
    assert await source.cache.get("a") == 3
    assert source.cache.peek("a") == 3
