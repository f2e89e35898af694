"""Completions are counted behind the answers, once for all who ask, and within bounds."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from pichaven_search.audience import Audience
from pichaven_search.index.completion_entries import Kind
from pichaven_search.index.model import Index, IndexGone
from pichaven_search.suggest.completion_cache import FRESH_S, STALE_S, CompletionCache
from pichaven_search.suggest.model import CompletionField
from testing.polling import eventually

INDEX = Index("index-1", "model", 3, "complete", 2)


@dataclass
class TagSource:
    """A `CompletionSource` of tags alone, by owner."""

    tags: dict[str, dict[str, int]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    failing: Exception | None = None

    async def state(self, index: Index, audience: Audience) -> tuple[int, int]:
        self.calls["state"] += 1
        if self.failing:
            raise self.failing
        tags = self.tags.get(audience.user_id, {})
        return len(tags), sum(tags.values())

    async def count_entries(
        self,
        index: Index,
        audience: Audience,
        of: CompletionField,
        *,
        after: str | None,
        limit: int,
    ) -> Sequence[tuple[str, int]]:
        self.calls[of.value] += 1
        if of is CompletionField.FILES:
            return []
        entries = [
            (f"t\t{tag}\t{tag}", n)
            for tag, n in sorted(self.tags.get(audience.user_id, {}).items())
        ]
        return [each for each in entries if after is None or each[0] > after][:limit]


@dataclass
class Time:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def _tags(cache: CompletionCache, owner: str, index: Index = INDEX) -> list[str]:
    few, _ = await cache.get(index, Audience(owner))
    return [each.text for each in few.find_starting(Kind.TAG, "la", 10)]


async def test_concurrent_callers_share_one_count_of_a_table() -> None:
    source = TagSource({"a": {"lake": 1}})
    cache = CompletionCache(source)
    answers = await asyncio.gather(*(_tags(cache, "a") for _ in range(20)))
    assert answers == [["lake"]] * 20
    assert source.calls == {"state": 1, "few": 1, "files": 1}


async def test_it_answers_at_once_and_is_renewed_behind_the_answer() -> None:
    source, time = TagSource({"a": {"lake": 1}}), Time()
    cache = CompletionCache(source, now=time)
    assert await _tags(cache, "a") == ["lake"]
    source.tags["a"] = {"lake": 1, "lamp": 2}
    assert await _tags(cache, "a") == ["lake"]
    time.now += FRESH_S + 1
    assert await _tags(cache, "a") == ["lake"]

    async def is_renewed() -> bool:
        return await _tags(cache, "a") == ["lamp", "lake"]

    await eventually(is_renewed, "the table is renewed")
    time.now += FRESH_S + 1
    await _tags(cache, "a")
    await eventually(lambda: source.calls["state"] == 3, "the state is looked at")
    assert source.calls["few"] == 2


async def test_after_a_long_time_it_is_renewed_before_it_answers() -> None:
    source, time = TagSource({"a": {"lake": 1}}), Time()
    cache = CompletionCache(source, now=time)
    await _tags(cache, "a")
    source.tags["a"] = {"lamp": 5}
    time.now += STALE_S + 1
    assert await _tags(cache, "a") == ["lamp"]


async def test_another_index_has_tables_of_its_own() -> None:
    source = TagSource({"a": {"lake": 1}})
    cache = CompletionCache(source)
    await _tags(cache, "a")
    source.tags["a"] = {"lamp": 5}
    assert await _tags(cache, "a", Index("index-2", "model", 3, "complete", 2)) == ["lamp"]


async def test_owners_never_share_a_table() -> None:
    cache = CompletionCache(TagSource({"a": {"lake": 1}, "b": {"lamp": 1}}))
    assert (await _tags(cache, "a"), await _tags(cache, "b")) == (["lake"], ["lamp"])
    assert await _tags(cache, "nobody") == []


async def test_memory_is_bounded() -> None:
    source = TagSource({str(n): {f"lake{m}": m + 1 for m in range(100)} for n in range(20)})
    cache = CompletionCache(source, max_bytes=20_000)
    for owner in source.tags:
        await _tags(cache, owner)
    assert 1 <= len(cache._entries) <= 6
    assert await _tags(cache, "19") == [f"lake{n}" for n in range(99, 89, -1)]
    assert source.calls["few"] == 20


async def test_a_failed_first_count_is_raised_and_a_failed_refresh_is_not() -> None:
    source, time = TagSource({"a": {"lake": 1}}, failing=IndexGone("index-1")), Time()
    cache = CompletionCache(source, now=time)
    with pytest.raises(IndexGone):
        await _tags(cache, "a")
    source.failing = None
    assert await _tags(cache, "a") == ["lake"]
    source.failing = IndexGone("index-1")
    time.now += FRESH_S + 1
    assert await _tags(cache, "a") == ["lake"]
    await cache.close()
