"""How events reach an index: in any order, more than once, beside each other."""

import asyncio
import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from services.search.tests.fakes import (
    MODEL,
    WordEncoder,
    changed_event,
    delivery,
    embedded_event,
    text_read_event,
    tombstone,
)

from pichaven_chassis.events import EngineDown
from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import ElasticsearchSettings
from pichaven_contracts.topics import LIBRARY, TEXT, Topic, embedding_topic
from pichaven_search.bootstrap import wire
from pichaven_search.index.purge_marks import PurgeMarkRepository
from pichaven_search.settings import SearchSettings
from testing.fake_clock import FakeClock

pytestmark = pytest.mark.engines


async def test_every_order_of_a_photos_events_ends_the_same(searching: Any) -> None:
    draft = changed_event(owner_id=searching.owner, caption="draft")
    final = draft.model_copy(update={"caption": "lake", "version": 2})
    embedding, text = embedded_event(draft, "meadow"), text_read_event(draft, "EXIT")
    expected: list[str] = []
    for order in itertools.permutations([draft, final, embedding, text]):
        photo_id = new_id()
        expected.append(photo_id)
        for event in order:
            await searching.adapters.index_photos(
                [delivery(event.model_copy(update={"photo_id": photo_id}))]
            )
    await searching.refresh()
    assert set(await searching.ids(q="lake")) == set(expected)
    assert set(await searching.ids(q="meadow")) == set(expected)
    assert set(await searching.ids(q="exit")) == set(expected)
    assert await searching.ids(q="draft") == []


async def test_handling_a_batch_again_writes_nothing(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake")
    batch = [delivery(photo), delivery(embedded_event(photo, "lake"))]
    await searching.adapters.index_photos(batch)
    index = await searching.get_searched()
    before = await searching.adapters.elastic.get(
        index=index.name, id=photo.photo_id, routing=searching.owner
    )
    await searching.adapters.index_photos(batch)
    after = await searching.adapters.elastic.get(
        index=index.name, id=photo.photo_id, routing=searching.owner
    )
    assert after["_version"] == before["_version"] == 1


async def test_workers_side_by_side_lose_no_part_of_a_photo(searching: Any) -> None:
    photos = [changed_event(owner_id=searching.owner, caption="old") for _ in range(30)]
    events = [
        event
        for photo in photos
        for event in (
            photo,
            photo.model_copy(update={"caption": "lake", "version": 5}),
            photo.model_copy(update={"caption": "older", "version": 3}),
            embedded_event(photo, "meadow"),
        )
    ]
    random.Random(7).shuffle(events)
    batches = [events[at::6] for at in range(6)]
    await asyncio.gather(
        *(
            searching.adapters.index_photos([delivery(event) for event in batch])
            for batch in batches
        )
    )
    await searching.refresh()
    assert len(await searching.ids(q="lake", limit=100)) == 30
    assert len(await searching.ids(q="meadow", limit=100)) == 30


async def test_a_new_revisions_embedding_replaces_the_old_and_never_back(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner)
    first = embedded_event(photo, "meadow", revision=1)
    second = embedded_event(
        photo, "harbour", revision=2, occurred_at=first.occurred_at - timedelta(hours=1)
    )
    for order in ([first, second], [second, first], [first]):
        await searching.index(photo, *order)
    assert await searching.ids(q="harbour") == [photo.photo_id]
    assert await searching.ids(q="meadow") == []


async def test_a_newer_text_replaces_an_older_one_and_leaves_the_rest(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake")
    await searching.index(photo, embedded_event(photo, "meadow"), text_read_event(photo, "EXIT"))
    await searching.index(
        text_read_event(photo, "ARRIVALS", revision=2), text_read_event(photo, "OLD")
    )
    for query in ("lake", "meadow", "arrivals"):
        assert await searching.ids(q=query) == [photo.photo_id], query
    assert await searching.ids(q="exit") == await searching.ids(q="old") == []


async def test_an_embedding_of_another_model_is_left_alone(searching: Any) -> None:
    photo = changed_event(owner_id=searching.owner)
    await searching.index(photo, embedded_event(photo, "meadow", model="another"))
    response = (await searching.get(f"/photos/{photo.photo_id}/similar")).json()
    assert response["reason"] == "not_analyzed"


@pytest.mark.parametrize(
    "topic", [LIBRARY, TEXT, embedding_topic(MODEL.name), embedding_topic("another")]
)
async def test_a_purged_photo_is_gone_and_late_events_do_not_bring_it_back(
    searching: Any, topic: Topic
) -> None:
    photo = changed_event(owner_id=searching.owner, caption="lake")
    other = changed_event(owner_id=searching.owner, caption="lake")
    await searching.index(photo, other, embedded_event(photo, "lake"))
    purge = tombstone(photo.photo_id, topic)
    await searching.index(purge)
    assert await searching.ids(q="lake") == [other.photo_id]
    await searching.index(
        photo.model_copy(update={"version": 9}), embedded_event(photo, "lake", revision=9)
    )
    await searching.index(text_read_event(photo, "lake", revision=9))
    await searching.index(purge, photo)
    assert await searching.ids(q="lake") == [other.photo_id]
    index = await searching.get_searched()
    assert not await searching.adapters.elastic.exists(
        index=index.name, id=photo.photo_id, routing=searching.owner
    )


async def test_purges_beside_late_events_always_win(alone: Any) -> None:
    photos = [changed_event(owner_id=alone.owner, caption="lake") for _ in range(8)]
    await asyncio.gather(
        *(
            alone.adapters.index_photos([each])
            for photo in photos
            for each in (
                delivery(photo),
                tombstone(photo.photo_id),
                delivery(embedded_event(photo, "lake")),
            )
        )
    )
    await alone.refresh()
    assert await alone.ids(q="lake") == []
    index = await alone.get_searched()
    response = await alone.adapters.elastic.count(index=index.name)
    assert response["count"] == 0


async def test_marks_of_purged_photos_are_forgotten_after_a_day(alone: Any) -> None:
    clock = FakeClock()
    marks = PurgeMarkRepository(alone.adapters.elastic, alone.settings, clock=clock)
    old, new = new_id(), new_id()
    await marks.mark([old])
    clock.advance(hours=25)
    await marks.mark([new])
    assert await marks.delete_old() == 1
    assert await marks.filter_marked([old, new]) == {new}


async def test_marks_that_cannot_be_forgotten_are_left_for_later(alone: Any) -> None:
    clock = FakeClock()
    marks = PurgeMarkRepository(alone.adapters.elastic, alone.settings, clock=clock)
    await marks.mark([new_id()])
    clock.advance(hours=25)
    index = f"{alone.settings.alias}-purged"
    block = {"index.blocks.read_only_allow_delete": True}
    await alone.adapters.elastic.indices.refresh(index=index)
    await alone.adapters.elastic.indices.put_settings(index=index, settings=block)
    async with asyncio.timeout(10):
        with pytest.raises(EngineDown):
            await marks.delete_old()


async def test_without_an_index_events_wait_for_the_setup(elasticsearch_url: str) -> None:
    adapters = wire(
        settings=SearchSettings(alias=f"test-{new_id()[-12:]}"),
        elasticsearch=ElasticsearchSettings(url=elasticsearch_url),
        encoder=WordEncoder(),
    )
    with pytest.raises(EngineDown):
        await adapters.index_photos([delivery(changed_event())])
    with pytest.raises(LookupError):
        await adapters.indexes.check.probe()
    await adapters.close()


async def test_the_setup_may_be_repeated_and_the_index_is_strict(alone: Any) -> None:
    from pichaven_search.index.commands import PrepareIndex

    prepare = PrepareIndex(alone.adapters.indexes, alone.adapters.purge_marks, alone.encoder)
    await asyncio.gather(prepare(), prepare())
    assert len(await alone.adapters.indexes.list_written()) == 1
    await alone.adapters.indexes.check.probe()
    index = await alone.get_searched()
    response = await alone.adapters.elastic.indices.get_mapping(index=index.name)
    assert response[index.name]["mappings"]["dynamic"] == "strict"
