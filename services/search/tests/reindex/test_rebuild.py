"""A new index from the topics, while searches and changes go on."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from typing import Any

import pytest
from services.search.tests.fakes import (
    MODEL,
    changed_event,
    delivery,
    embedded_event,
    text_read_event,
    tombstone,
)
from services.search.tests.reindex.topic_log import Log

from pichaven_chassis.events import Delivery
from pichaven_contracts.event import Event
from pichaven_contracts.topics import TEXT, Topic, embedding_topic
from pichaven_search.bootstrap import operations
from pichaven_search.index.document import SCHEMA
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.operator import Operations, operate

pytestmark = pytest.mark.engines


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


def _operations(alone: Any, replay: Any) -> Operations:
    return operations(alone.adapters, replay=replay, pause=_no_pause)


async def _run(alone: Any, log: Log, *arguments: str) -> list[str]:
    """Run a command and return the lines that it reports."""
    lines: list[str] = []
    await operate(arguments, _operations(alone, log.replay), lines.append)
    return lines


async def _fill(alone: Any, count: int) -> tuple[Log, list[Any]]:
    log = Log()
    photos = [changed_event(owner_id=alone.owner, caption="lake") for _ in range(count)]
    log.append(*(delivery(photo) for photo in photos))
    log.append(*(delivery(embedded_event(photo, "meadow")) for photo in photos))
    log.append(*(delivery(text_read_event(photo, "EXIT")) for photo in photos))
    await alone.index(*(each for topic in log.records.values() for each in topic.values()))
    return log, photos


async def test_a_rebuilt_index_answers_the_same(alone: Any) -> None:
    log, _ = await _fill(alone, 40)
    old = await alone.get_searched()
    queries = ("lake", "meadow", "exit", "")
    before = [await alone.ids(q=query, limit=100) for query in queries]
    lines = await _run(alone, log, "rebuild")
    new = await alone.get_searched()
    assert new.name != old.name
    assert new.state == "complete"
    assert [await alone.ids(q=query, limit=100) for query in queries] == before
    assert "40 photos" in lines[0]
    assert len(await alone.adapters.indexes.list_written()) == 2


async def test_no_search_fails_or_is_empty_while_an_index_is_replaced(alone: Any) -> None:
    log, _ = await _fill(alone, 30)
    stop = asyncio.Event()
    counts: list[int] = []

    async def keep_searching() -> None:
        while not stop.is_set():
            counts.append(len(await alone.ids(q="lake", limit=100)))

    searches = [asyncio.create_task(keep_searching()) for _ in range(2)]
    for _ in range(2):
        await _run(alone, log, "rebuild", "--delete-old")
    stop.set()
    await asyncio.gather(*searches)
    assert set(counts) == {30}
    assert len(await alone.adapters.indexes.list_written()) == 1


async def test_changes_during_a_rebuild_are_in_the_new_index(alone: Any) -> None:
    log, photos = await _fill(alone, 10)
    late = changed_event(owner_id=alone.owner, caption="lake")
    edited = photos[0].model_copy(update={"caption": "harbour", "version": 2})

    async def replay_while_changing(
        topic: Topic, types: Collection[type[Event]]
    ) -> AsyncIterator[Delivery]:
        await alone.adapters.index_photos(
            [delivery(late), delivery(edited), tombstone(photos[1].photo_id)]
        )
        async for each in log.replay(topic, types):
            yield each

    await _operations(alone, replay_while_changing).rebuild_index()
    await alone.refresh()
    lakes = set(await alone.ids(q="lake", limit=100))
    assert late.photo_id in lakes
    assert photos[0].photo_id not in lakes
    assert photos[1].photo_id not in lakes
    assert len(lakes) == 9
    assert await alone.ids(q="harbour") == [photos[0].photo_id]


async def test_a_rebuild_keeps_the_model_that_is_searched(alone: Any) -> None:
    log, _ = await _fill(alone, 5)
    alone.encoder.current = replace(MODEL, name="words-64-b")
    assert (await alone.get("/search", q="meadow")).json()["degraded"] == ["visual"]
    await _run(alone, log, "rebuild")
    alone.encoder.current = MODEL
    results = (await alone.get("/search", q="meadow")).json()
    assert (results["total"], results["model"], results["degraded"]) == (5, MODEL.name, [])


async def test_embeddings_of_another_model_push_none_out_of_the_index(alone: Any) -> None:
    log, photos = await _fill(alone, 5)
    log.append(
        *(delivery(embedded_event(photo, "harbour", model="words-64-b")) for photo in photos)
    )
    before = await alone.ids(q="meadow", limit=100)
    await _run(alone, log, "rebuild")
    await alone.refresh()
    assert len(before) == 5
    assert await alone.ids(q="meadow", limit=100) == before


async def test_a_rebuild_is_refused_while_the_topic_lacks_embeddings(alone: Any) -> None:
    log, photos = await _fill(alone, 5)
    del log.records[embedding_topic(MODEL.name).name]
    before = await alone.ids(q="meadow", limit=100)
    with pytest.raises(OperationRefused, match="0 photos would have an embedding"):
        await _run(alone, log, "rebuild")
    assert len(await alone.adapters.indexes.list_written()) == 1
    assert await alone.ids(q="meadow", limit=100) == before
    await alone.index(tombstone(photos[0].photo_id))
    await _run(alone, log, "rebuild", "--force")
    assert len(await alone.ids(q="lake")) == 4


async def test_a_rebuild_is_refused_while_the_topic_lacks_texts(alone: Any) -> None:
    log, photos = await _fill(alone, 5)
    log.append(delivery(text_read_event(photos[0], None, revision=2)))
    await alone.index(delivery(text_read_event(photos[0], None, revision=2)))
    del log.records[TEXT.name][photos[1].photo_id]
    with pytest.raises(OperationRefused, match="4 photos would have their text read, 5 have it"):
        await _run(alone, log, "rebuild")
    assert len(await alone.adapters.indexes.list_written()) == 1
    log.append(delivery(text_read_event(photos[1], "EXIT")))
    await _run(alone, log, "rebuild")
    assert len(await alone.ids(q="exit")) == 4


async def test_a_rebuild_without_any_photo_does_not_empty_the_search(alone: Any) -> None:
    await _fill(alone, 3)
    with pytest.raises(OperationRefused):
        await _run(alone, Log(), "rebuild")
    assert len(await alone.ids(q="lake")) == 3
    assert len(await alone.adapters.indexes.list_written()) == 1


async def test_a_rebuild_that_was_cut_off_is_noticed_and_discarded_on_demand(
    alone: Any,
) -> None:
    log, _ = await _fill(alone, 3)
    await alone.adapters.indexes.create(MODEL, searched=False)
    with pytest.raises(OperationRefused):
        await _run(alone, log, "rebuild")
    await _run(alone, log, "rebuild", "--restart")
    assert len(await alone.ids(q="lake")) == 3
    assert len(await alone.adapters.indexes.list_written()) == 2
    assert len(await _run(alone, log, "delete-old")) == 1


async def test_a_failing_rebuild_leaves_nothing_behind(alone: Any) -> None:
    await _fill(alone, 3)

    async def broken(topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]:
        yield delivery(changed_event())
        raise ConnectionError("Kafka is away")

    with pytest.raises(ConnectionError):
        await _operations(alone, broken).rebuild_index()
    assert len(await alone.adapters.indexes.list_written()) == 1
    assert len(await alone.ids(q="lake")) == 3


async def test_indexes_say_whether_a_rebuild_is_due(alone: Any) -> None:
    log, _ = await _fill(alone, 1)
    index = await alone.get_searched()

    async def are_outdated() -> list[bool]:
        alone.adapters.indexes._clear_cache()
        return [json.loads(line)["is_outdated"] for line in await _run(alone, log, "indexes")]

    assert await are_outdated() == [False]
    meta = {
        "schema": SCHEMA - 1,
        "model": index.model,
        "dimensions": index.dimensions,
        "state": index.state,
    }
    await alone.adapters.elastic.indices.put_mapping(index=index.name, meta=meta)
    assert await are_outdated() == [True]
    await _run(alone, log, "rebuild", "--delete-old")
    assert await are_outdated() == [False]
