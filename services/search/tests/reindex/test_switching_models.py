"""Another embedding model takes over and gives back, while searches go on."""

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from services.search.tests.fakes import (
    changed_event,
    delivery,
    embedded_event,
    text_read_event,
    tombstone,
)

from pichaven_chassis.events import Delivery
from pichaven_chassis.http import create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.runtime import Role
from pichaven_chassis.settings import ElasticsearchSettings, StorageSettings
from pichaven_chassis.testing import TestAuthority, eventually
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoChanged
from pichaven_contracts.topics import LIBRARY, TEXT, Topic, embedding_topic
from pichaven_search.bootstrap import Adapters, build, operations, wire
from pichaven_search.index.commands import PrepareIndex
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.query_language.words import words
from pichaven_search.reindex.errors import OperationRefused
from pichaven_search.reindex.operator import operate
from pichaven_search.settings import MlSettings, SearchSettings

pytestmark = pytest.mark.engines
DIMENSIONS = {"old-64": 64, "new-96": 96}
THINGS = ("lighthouse", "giraffe", "sunflower", "bicycle")


def vector_of(text: str, model: str) -> list[float]:
    """A unit vector by the text's words, in a space of the model's own."""
    size = DIMENSIONS[model]
    sums = [0.0] * size
    for word in words(text):
        stem = min(word.stems, default=word.term)
        digest = hashlib.shake_256(f"{model}/{stem}".encode()).digest(size)
        sums = [part + byte / 127.5 - 1 for part, byte in zip(sums, digest, strict=True)]
    length = math.sqrt(sum(part * part for part in sums)) or 1.0
    return [part / length for part in sums] if any(sums) else [1.0] + [0.0] * (size - 1)


@dataclass
class Mls:
    """The ml at each host: which model it runs, and the requests to it. An absent one refuses."""

    runs: dict[str, str] = field(default_factory=lambda: {"old": "old-64", "new": "new-96"})
    blind: set[str] = field(default_factory=set)
    """Models that give everything the same embedding."""
    uncalibrated: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        self.requests.append(f"{host}{request.url.path}")
        if host not in self.runs:
            raise httpx.ConnectError("refused", request=request)
        model = self.runs[host]
        if request.url.path == "/internal/model":
            measured = {"scale": 20, "bias": -10, "threshold": 0.4}
            calibration = None if model in self.uncalibrated else measured
            description = {"model": model, "dimensions": DIMENSIONS[model]}
            description["calibration"] = calibration
            return httpx.Response(200, json=description)
        [text] = json.loads(request.content)["texts"]
        vector = vector_of("fog" if model in self.blind else text, model)
        return httpx.Response(200, json={"model": model, "embeddings": [vector]})


@dataclass
class Log:
    """Compacted topics in memory."""

    records: dict[str, dict[str, Delivery]] = field(default_factory=dict)

    def append(self, *deliveries: Delivery) -> None:
        for each in deliveries:
            self.records.setdefault(each.meta.topic, {})[each.meta.key] = each

    async def delete(self, topics: Collection[str]) -> None:
        for name in topics:
            del self.records[name]

    async def replay(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]:
        for each in list(self.records.get(topic.name, {}).values()):
            yield each


@dataclass
class Switching:
    """A search service with two ml, its topics, and an operator."""

    adapters: Adapters
    mls: Mls
    ml_client: httpx.AsyncClient
    http: httpx.AsyncClient
    authority: TestAuthority
    log: Log = field(default_factory=Log)
    owner: str = field(default_factory=new_id)
    photos: dict[str, PhotoChanged] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    async def publish(self, *events: Event | Delivery) -> None:
        """Append to the topics, and index."""
        deliveries = [each if isinstance(each, Delivery) else delivery(each) for each in events]
        self.log.append(*deliveries)
        await self.adapters.index_photos(deliveries)

    def embedded_event(self, photo: PhotoChanged, text: str, model: str) -> Event:
        return embedded_event(photo, text, model=model, embedding=tuple(vector_of(text, model)))

    async def fill(self) -> None:
        """Add a photo of each thing, embedded by the old model, with a text."""
        for thing in THINGS:
            self.photos[thing] = changed_event(owner_id=self.owner, caption="holiday")
        await self.publish(*self.photos.values())
        await self.publish(*(text_read_event(photo, "EXIT") for photo in self.photos.values()))
        await self.reembed("old-64")

    async def reembed(self, model: str, *things: str) -> None:
        for thing in things or THINGS:
            await self.publish(self.embedded_event(self.photos[thing], thing, model))
        await self.refresh()

    async def refresh(self) -> None:
        for index in await self.adapters.indexes.list_written():
            await self.adapters.indexes.refresh(index)

    async def run(self, *arguments: str, pause: Any = None) -> list[str]:
        async def no_pause(_seconds: float) -> None:
            await asyncio.sleep(0)

        self.lines.clear()
        commands = operations(
            self.adapters,
            replay=self.log.replay,
            delete_topics=self.log.delete,
            pause=pause or no_pause,
        )
        await operate(arguments, commands, self.lines.append)
        return self.lines

    def use_mls(self, urls: str) -> None:
        """Give the operator other addresses of ml."""
        self.adapters = replace(
            self.adapters, encoder=MlTextEncoder(self.ml_client, MlSettings(urls=urls))
        )

    async def ask(self, query: str, **more: Any) -> dict[str, Any]:
        response = await self.http.get(
            "/api/v1/search",
            params={"q": query, **more},
            headers=self.authority.headers(self.owner),
        )
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def model(self) -> str:
        index = await self.adapters.indexes.get_searched()
        assert index is not None
        return index.model


@pytest_asyncio.fixture
async def switching(elasticsearch_url: str) -> AsyncIterator[Switching]:
    mls = Mls()
    settings = SearchSettings(alias=f"test-{new_id()[-12:]}")
    client = httpx.AsyncClient(transport=httpx.MockTransport(mls.respond))
    adapters = wire(
        settings=settings,
        elasticsearch=ElasticsearchSettings(url=elasticsearch_url, timeout_s=20),
        encoder=MlTextEncoder(client, MlSettings(urls="http://old,http://new")),
    )
    await PrepareIndex(adapters.indexes, adapters.purge_marks, adapters.encoder)()
    await adapters.history.prepare()
    authority = TestAuthority()
    service = await build(
        Role.API,
        adapters=adapters,
        storage=StorageSettings(),
        authenticator=authority.authenticator,
    )
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://photos.test") as http:
        running = Switching(adapters, mls, client, http, authority)
        await running.fill()
        yield running
        names = await adapters.elastic.indices.get(
            index=f"{settings.alias}-*", filter_path="*.aliases"
        )
        for name in names:
            await adapters.elastic.indices.delete(index=name)
    for close in service.close:
        await close()
    await client.aclose()


async def _check(switching: Switching, results: dict[str, Any], thing: str) -> None:
    """The photo of the thing is found, by what it shows, and nothing else is."""
    ids = [item["photo"]["id"] for item in results["items"]]
    assert ids == [switching.photos[thing].photo_id], (thing, results["model"])
    assert results["degraded"] == []


async def test_no_answer_fails_is_empty_or_degraded_from_switch_to_roll_back(
    switching: Switching,
) -> None:
    stop = asyncio.Event()
    models: list[str] = []

    async def keep_searching(offset: int) -> None:
        count = offset
        while not stop.is_set():
            thing = THINGS[count % len(THINGS)]
            # A query of its own each time, so that none is answered from memory.
            results = await switching.ask(f"{thing} {'!' * (count % 100)}")
            await _check(switching, results, thing)
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
    switch = asyncio.create_task(switching.run("reindex", "--model", "new-96", "--patience", "1e9"))
    await eventually(lambda: len(switching.lines) >= 2, "the new index waits for its vectors")
    assert await switching.model() == "old-64"
    await switching.reembed("new-96")
    await asyncio.wait_for(switch, 60)
    await turn_to("new-96")
    await switching.run("reindex", "--rollback")
    await turn_to("old-64")
    await switching.run("reindex", "--rollback")
    await turn_to("new-96")
    stop.set()
    await asyncio.gather(*searches)
    assert set(models) == {"old-64", "new-96"}


async def test_the_first_query_after_the_switch_meets_a_warm_encoder(
    switching: Switching,
) -> None:
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new")
    switching.mls.requests.clear()
    await _check(switching, await switching.ask("giraffe"), "giraffe")
    assert switching.mls.requests == ["new/internal/embed/text"]


async def test_photos_of_the_time_of_the_switch_are_in_both_indexes(
    switching: Switching,
) -> None:
    """Each of two is embedded last by another model."""
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new-96")
    for thing, order in {"castle": ("old-64", "new-96"), "tractor": ("new-96", "old-64")}.items():
        switching.photos[thing] = changed_event(owner_id=switching.owner, caption="holiday")
        await switching.publish(switching.photos[thing])
        for model in order:
            await switching.reembed(model, thing)
    for model in ("new-96", "old-64"):
        if model != await switching.model():
            await switching.run("reindex", "--model", model)
        for _ in range(2):
            for thing in ("castle", "tractor", "giraffe"):
                await _check(switching, await switching.ask(thing), thing)
            await switching.run("rebuild")


async def test_a_photo_purged_during_the_switch_stays_away(switching: Switching) -> None:
    await switching.reembed("new-96")
    photo_id = switching.photos["bicycle"].photo_id
    await switching.adapters.index_photos([tombstone(photo_id)])
    await switching.run("reindex", "--model", "new-96", "--share", "0.5")
    await switching.refresh()
    assert (await switching.ask("bicycle"))["items"] == []
    await switching.run("reindex", "--rollback")
    assert (await switching.ask("bicycle"))["items"] == []


async def test_it_is_refused_while_vectors_are_missing_and_goes_on_where_it_was(
    switching: Switching,
) -> None:
    await switching.reembed("new-96", *THINGS[:3])
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    with pytest.raises(OperationRefused, match="1 of 4 photos have no vector"):
        await switching.run("reindex", "--model", "new-96", "--patience", "60", pause=pause)
    assert 60 <= sum(waited) < 90
    assert await switching.model() == "old-64"
    with pytest.raises(OperationRefused, match="is being built"):
        await switching.run("rebuild")
    await switching.reembed("new-96", THINGS[3])
    await switching.run("reindex", "--model", "new-96")
    assert await switching.model() == "new-96"
    assert len(await switching.adapters.indexes.list_written()) == 2


async def test_enough_others_do_not_stand_for_those_that_are_missing(
    switching: Switching,
) -> None:
    await switching.reembed("new-96", *THINGS[:3])
    other = changed_event(owner_id=switching.owner)
    await switching.publish(other, switching.embedded_event(other, "harbour", "new-96"))
    with pytest.raises(OperationRefused, match="1 of 4"):
        await switching.run("reindex", "--model", "new-96", "--patience", "0")


async def test_an_unfinished_index_can_be_discarded(switching: Switching) -> None:
    with pytest.raises(OperationRefused):
        await switching.run("reindex", "--model", "new-96", "--patience", "0")
    assert len(await switching.run("reindex", "--discard")) == 1
    assert len(await switching.adapters.indexes.list_written()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--model", "old-64"), "is searched already"),
        (("--model", "other"), "no ml .* runs other"),
        (("--rollback",), "no way back"),
    ],
)
async def test_a_step_that_cannot_be_done_says_why(
    switching: Switching, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(OperationRefused, match=reason):
        await switching.run("reindex", *arguments)
    assert await switching.model() == "old-64"


async def test_a_model_without_calibration_is_refused(switching: Switching) -> None:
    switching.mls.uncalibrated.add("new-96")
    with pytest.raises(OperationRefused, match="no calibration"):
        await switching.run("reindex", "--model", "new-96")


def _questions(switching: Switching, folder: Path, **owner: str) -> str:
    """Asked as an owner asks, with a condition among the words."""
    lines = [
        {"query": f"{thing} after:2000", "expected": [switching.photos[thing].photo_id]} | owner
        for thing in THINGS
    ]
    path = folder / "questions.json"
    path.write_text(json.dumps(lines))
    return str(path)


async def test_a_worse_model_is_refused_and_an_equal_one_is_not(
    switching: Switching, tmp_path: Path
) -> None:
    await switching.reembed("new-96")
    questions = _questions(switching, tmp_path)
    switching.mls.blind.add("new-96")
    arguments = ("reindex", "--model", "new-96", "--questions", questions)
    with pytest.raises(OperationRefused, match=r"from 1.000 to 0.000"):
        await switching.run(*arguments)
    assert await switching.model() == "old-64"
    assert any(line.split()[-2:] == ["1.000", "0.000"] for line in switching.lines)
    switching.mls.blind.clear()
    # The encoder remembers what the blind model said; a new process does not.
    switching.adapters.encoder._embeddings.clear()
    lines = await switching.run(*arguments)
    assert any(line.split() == ["mean", "1.000", "1.000"] for line in lines)
    assert await switching.model() == "new-96"


async def test_questions_that_cannot_be_asked_are_refused(
    switching: Switching, tmp_path: Path
) -> None:
    await switching.reembed("new-96")
    path = tmp_path / "questions.json"
    for text, reason in (
        ("[]", "at least 1 item"),
        ('[{"query": "x", "expected": ["y"]}]', r"0\.expected\.0"),
        ("{", "JSON"),
        (json.dumps([{"query": "x", "expected": [new_id()]}]), "0 owners"),
    ):
        path.write_text(text)
        with pytest.raises(OperationRefused, match=reason):
            await switching.run("reindex", "--model", "new-96", "--questions", str(path))
    with pytest.raises(OperationRefused, match="cannot be read"):
        await switching.run("reindex", "--model", "new-96", "--questions", str(tmp_path / "no"))


async def test_the_old_index_goes_once_its_ml_is_stopped(switching: Switching) -> None:
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new-96")
    with pytest.raises(OperationRefused, match="still runs old-64"):
        await switching.run("reindex", "--delete-old")
    del switching.mls.runs["old"]
    with pytest.raises(OperationRefused, match="no ml responds at http://old"):
        await switching.run("delete-old")
    assert embedding_topic("old-64").name in switching.log.records
    switching.use_mls("http://new")
    assert len(await switching.run("reindex", "--delete-old")) == 1
    await _check(switching, await switching.ask("giraffe"), "giraffe")
    topics = {LIBRARY.name, TEXT.name, embedding_topic("new-96").name}
    assert set(switching.log.records) == topics
    with pytest.raises(OperationRefused, match="no way back"):
        await switching.run("reindex", "--rollback")


async def test_the_old_index_goes_by_force_while_its_ml_does_not_respond(
    switching: Switching,
) -> None:
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new-96")
    del switching.mls.runs["old"]
    assert len(await switching.run("delete-old", "--force")) == 1
    assert embedding_topic("old-64").name not in switching.log.records


async def test_embeddings_stay_while_an_index_or_an_ml_has_their_model(
    switching: Switching,
) -> None:
    topics = {name for name in switching.log.records if "embeddings" in name}
    await switching.run("rebuild", "--delete-old")
    assert topics == {embedding_topic("old-64").name} <= set(switching.log.records)
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new-96")
    assert len(await switching.run("reindex", "--delete-old", "--force")) == 1
    assert topics <= set(switching.log.records)


async def test_late_events_reach_the_index_of_their_model_alone(switching: Switching) -> None:
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new-96")
    await switching.publish(
        switching.embedded_event(switching.photos["giraffe"], "castle", "old-64"),
        text_read_event(switching.photos["giraffe"], "ARRIVALS", revision=2),
    )
    await switching.refresh()
    await _check(switching, await switching.ask("giraffe"), "giraffe")
    await _check_text(switching)
    await switching.run("reindex", "--rollback")
    await _check(switching, await switching.ask("castle"), "giraffe")
    await _check_text(switching)


async def _check_text(switching: Switching) -> None:
    """The text in pictures is in every index, whatever its model."""
    wanted = {photo.photo_id for photo in switching.photos.values()}
    giraffe = switching.photos["giraffe"].photo_id
    for text, ids in (("arrivals", {giraffe}), ("exit", wanted - {giraffe})):
        items = (await switching.ask(text))["items"]
        assert {item["photo"]["id"] for item in items} == ids, text


async def test_there_is_no_way_back_to_a_model_that_none_runs(switching: Switching) -> None:
    await switching.reembed("new-96")
    await switching.run("reindex", "--model", "new-96")
    del switching.mls.runs["old"]
    with pytest.raises(OperationRefused, match=r"no ml .* runs old-64"):
        await switching.run("reindex", "--rollback")
    await switching.run("reindex", "--rollback", "--force")
    results = await switching.ask("holiday")
    assert (results["total"], results["degraded"]) == (4, ["visual"])


@pytest.mark.parametrize("size", [64, 96])
async def test_pages_go_on_over_a_switch(
    switching: Switching, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lexical and vector; two models of one size are no more alike than others."""
    monkeypatch.setitem(DIMENSIONS, "new-96", size)
    more = [changed_event(owner_id=switching.owner, caption="holiday") for _ in range(6)]
    await switching.publish(*more)
    for model in DIMENSIONS:
        await switching.publish(
            *(switching.embedded_event(photo, "castle", model) for photo in more)
        )
        await switching.reembed(model)
    wanted = {photo.photo_id for photo in (*more, *switching.photos.values())}
    for query, ids in (("holiday", wanted), ("castle", {photo.photo_id for photo in more})):
        hit_ids: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            results = await switching.ask(query, limit=3, cursor=cursor)
            hit_ids += [item["photo"]["id"] for item in results["items"]]
            assert results["degraded"] == []
            cursor = results["next_cursor"]
            if await switching.model() == "old-64":
                await switching.run("reindex", "--model", "new-96")
        assert sorted(hit_ids) == sorted(ids)
        await switching.run("reindex", "--rollback")
