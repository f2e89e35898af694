"""Another embedding model takes over and gives back, while searches go on."""

import asyncio
import json

import pytest
from services.search.tests.fakes import (
    changed_event,
    text_read_event,
    tombstone,
)
from services.search.tests.reindex.model_switch import DIMENSIONS, THINGS, ModelSwitch, check_found

from pichaven_search.reindex.errors import OperationRefused
from testing.polling import eventually

pytestmark = pytest.mark.engines


async def test_no_answer_fails_is_empty_or_degraded_from_switch_to_roll_back(
    model_switch: ModelSwitch,
) -> None:
    stop = asyncio.Event()
    models: list[str] = []

    async def keep_searching(offset: int) -> None:
        count = offset
        while not stop.is_set():
            thing = THINGS[count % len(THINGS)]
            # A query of its own each time, so that none is answered from memory.
            results = await model_switch.ask(f"{thing} {'!' * (count % 100)}")
            await check_found(model_switch, results, thing)
            models.append(results["model"])
            count += 1

    async def turn_to(model: str) -> None:
        at = len(models)

        def has_turned() -> bool:
            for search in searches:
                if search.done():
                    search.result()
            return len(models) > at + 20 and set(models[-8:]) == {model}

        try:
            await eventually(has_turned, f"{model} responds")
        except AssertionError:
            stop.set()
            await asyncio.gather(*searches)
            raise

    searches = [asyncio.create_task(keep_searching(offset)) for offset in range(3)]
    await turn_to("old-64")
    reindexing = asyncio.create_task(
        model_switch.run("reindex", "--model", "new-96", "--stall-timeout", "1e9")
    )
    await eventually(lambda: len(model_switch.lines) >= 2, "the new index waits for its vectors")
    assert await model_switch.model() == "old-64"
    await model_switch.reembed("new-96")
    await asyncio.wait_for(reindexing, 60)
    await turn_to("new-96")
    await model_switch.run("reindex", "--rollback")
    await turn_to("old-64")
    await model_switch.run("reindex", "--rollback")
    await turn_to("new-96")
    stop.set()
    await asyncio.gather(*searches)
    assert set(models) == {"old-64", "new-96"}


async def test_the_first_query_after_the_switch_meets_a_warm_encoder(
    model_switch: ModelSwitch,
) -> None:
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new")
    model_switch.mls.requests.clear()
    await check_found(model_switch, await model_switch.ask("giraffe"), "giraffe")
    assert model_switch.mls.requests == ["new/internal/embed/text"]


async def test_photos_of_the_time_of_the_switch_are_in_both_indexes(
    model_switch: ModelSwitch,
) -> None:
    """Each of two is embedded last by another model."""
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    for thing, order in {"castle": ("old-64", "new-96"), "tractor": ("new-96", "old-64")}.items():
        model_switch.photos[thing] = changed_event(owner_id=model_switch.owner, caption="holiday")
        await model_switch.publish(model_switch.photos[thing])
        for model in order:
            await model_switch.reembed(model, thing)
    for model in ("new-96", "old-64"):
        if model != await model_switch.model():
            await model_switch.run("reindex", "--model", model)
        for _ in range(2):
            for thing in ("castle", "tractor", "giraffe"):
                await check_found(model_switch, await model_switch.ask(thing), thing)
            await model_switch.run("rebuild")


async def test_a_photo_purged_during_the_switch_stays_away(model_switch: ModelSwitch) -> None:
    await model_switch.reembed("new-96")
    photo_id = model_switch.photos["bicycle"].photo_id
    await model_switch.adapters.index_photos([tombstone(photo_id)])
    await model_switch.run("reindex", "--model", "new-96", "--share", "0.5")
    await model_switch.refresh()
    assert (await model_switch.ask("bicycle"))["items"] == []
    await model_switch.run("reindex", "--rollback")
    assert (await model_switch.ask("bicycle"))["items"] == []


async def test_late_events_reach_the_index_of_their_model_alone(model_switch: ModelSwitch) -> None:
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    await model_switch.publish(
        model_switch.embedded_event(model_switch.photos["giraffe"], "castle", "old-64"),
        text_read_event(model_switch.photos["giraffe"], "ARRIVALS", revision=2),
    )
    await model_switch.refresh()
    await check_found(model_switch, await model_switch.ask("giraffe"), "giraffe")
    await _check_text(model_switch)
    await model_switch.run("reindex", "--rollback")
    await check_found(model_switch, await model_switch.ask("castle"), "giraffe")
    await _check_text(model_switch)


async def _check_text(model_switch: ModelSwitch) -> None:
    """The text in pictures is in every index, whatever its model."""
    wanted = {photo.photo_id for photo in model_switch.photos.values()}
    giraffe = model_switch.photos["giraffe"].photo_id
    for text, ids in (("arrivals", {giraffe}), ("exit", wanted - {giraffe})):
        items = (await model_switch.ask(text))["items"]
        assert {item["photo"]["id"] for item in items} == ids, text


@pytest.mark.parametrize("size", [64, 96])
async def test_pages_go_on_over_a_switch(
    model_switch: ModelSwitch, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lexical and vector; two models of one size are no more alike than others."""
    monkeypatch.setitem(DIMENSIONS, "new-96", size)
    more = [changed_event(owner_id=model_switch.owner, caption="holiday") for _ in range(6)]
    await model_switch.publish(*more)
    for model in DIMENSIONS:
        await model_switch.publish(
            *(model_switch.embedded_event(photo, "castle", model) for photo in more)
        )
        await model_switch.reembed(model)
    wanted = {photo.photo_id for photo in (*more, *model_switch.photos.values())}
    for query, ids in (("holiday", wanted), ("castle", {photo.photo_id for photo in more})):
        hit_ids: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            results = await model_switch.ask(query, limit=3, cursor=cursor)
            hit_ids += [item["photo"]["id"] for item in results["items"]]
            assert results["degraded"] == []
            cursor = results["next_cursor"]
            if await model_switch.model() == "old-64":
                await model_switch.run("reindex", "--model", "new-96")
        assert sorted(hit_ids) == sorted(ids)
        await model_switch.run("reindex", "--rollback")


async def test_the_indexes_are_described_while_one_is_filled_and_after_the_switch(
    model_switch: ModelSwitch,
) -> None:
    async def describe() -> dict[str, tuple[object, ...]]:
        indexes = map(json.loads, await model_switch.run("indexes"))
        columns = ("state", "photos", "embedded")
        return {each["model"]: tuple(each[column] for column in columns) for each in indexes}

    assert await describe() == {"old-64": ("searched", 4, 4)}
    await model_switch.reembed("new-96", "giraffe")
    with pytest.raises(OperationRefused):
        await model_switch.run("reindex", "--model", "new-96", "--stall-timeout", "0")
    assert await describe() == {"old-64": ("searched", 4, 4), "new-96": ("building", 4, 1)}
    await model_switch.reembed("new-96")
    await model_switch.run("reindex", "--model", "new-96")
    assert await describe() == {"old-64": ("complete", 4, 4), "new-96": ("searched", 4, 4)}
