"""Segments of an index are merged when nothing is written to it any more."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from services.search.tests.conftest import SearchHarness, remove_indexes, start_harness
from services.search.tests.fakes import changed_event

from pichaven_chassis.ids import new_id
from pichaven_search.index.commands import MergeSegments
from pichaven_search.index.model import Index, IndexGone
from pichaven_search.index.segments import SegmentRepository
from pichaven_search.settings import SearchSettings

pytestmark = pytest.mark.engines


@pytest_asyncio.fixture
async def two_segments(elasticsearch_url: str) -> AsyncIterator[SearchHarness]:
    """A harness whose index has two photos in a segment each; merges leave one."""
    settings = SearchSettings(alias=f"test-{new_id()[-12:]}", merged_segments=1)
    async with start_harness(elasticsearch_url, settings) as harness:
        for _ in range(2):
            await harness.index(changed_event(owner_id=harness.owner))
        yield harness
        await remove_indexes(harness.adapters.elastic, harness.settings.alias)


async def _segments(harness: SearchHarness) -> int:
    return (await harness.adapters.segments.load(await harness.get_searched())).segments


async def _run(harness: SearchHarness, minutes: int, written_in: tuple[int, ...] = ()) -> list[int]:
    """Return the segments at the end of each minute; a photo is written in some of them."""
    counts: list[int] = []

    async def pause(_seconds: float) -> None:
        if len(counts) in written_in:
            await harness.index(changed_event(owner_id=harness.owner))
        counts.append(await _segments(harness))
        if len(counts) == minutes:
            raise asyncio.CancelledError

    adapters = harness.adapters
    with pytest.raises(asyncio.CancelledError):
        await MergeSegments(adapters.indexes, adapters.segments, pause=pause)()
    return counts


async def test_segments_are_merged_after_a_quiet_minute(two_segments: SearchHarness) -> None:
    assert await _run(two_segments, minutes=3) == [2, 1, 1]
    assert len(await two_segments.ids()) == 2


async def test_an_index_that_is_written_to_is_left_alone(two_segments: SearchHarness) -> None:
    assert await _run(two_segments, minutes=2, written_in=(0, 1)) == [3, 4]


async def test_as_many_segments_as_may_be_left_are_not_merged(two_segments: SearchHarness) -> None:
    adapters = two_segments.adapters
    repository = SegmentRepository(adapters.elastic, SearchSettings(merged_segments=2))
    assert not await repository.merge(await two_segments.get_searched())
    assert await _segments(two_segments) == 2


async def test_an_index_deleted_meanwhile_is_gone(two_segments: SearchHarness) -> None:
    index = await two_segments.get_searched()
    deleted = Index(f"{index.name}0", index.model, index.dimensions, "complete", index.schema)
    with pytest.raises(IndexGone):
        await two_segments.adapters.segments.merge(deleted)


async def test_no_index_is_waited_for(two_segments: SearchHarness) -> None:
    await remove_indexes(two_segments.adapters.elastic, two_segments.settings.alias)
    two_segments.adapters.indexes.forget_searched()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise asyncio.CancelledError

    adapters = two_segments.adapters
    with pytest.raises(asyncio.CancelledError):
        await MergeSegments(adapters.indexes, adapters.segments, pause=pause)()
    assert len(pauses) == 2
