"""The embedding model of a running platform is switched, and switched back, under load.

The candidate model is the bundled one rotated into a space of another size
(`testing/rotated_model.py`): it needs no hub and has the same quality and calibration, so the
switch needs no `--force`, but cosines across the two models mean nothing. Its ONNX export is kept
in the stack's cache of models; the first one takes half a minute of a core.

First `make model` is killed, and an operator goes on with the single commands, which other
installations have; then `make model` finishes, and goes back. Search caches no query embedding, so
each search by words is a request to ml. The whole platform switches, with all photos that
there are; so this is the first one.
"""

import asyncio
import functools
import itertools
import json
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from pichaven_chassis.events.topics import list_topics
from pichaven_chassis.settings import KafkaSettings
from pichaven_contracts.topics import EMBEDDINGS, embedding_topic
from pichaven_local.process import own_environment
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client
from testing.images import encode
from testing.polling import eventually
from testing.processes import run
from testing.rotated_model import DIMENSIONS, write_rotated_model
from testing.sketches import Wish, draw

QUERIES: Final = {
    "beach": Wish(setting="beach", hour="day"),
    "a forest": Wish(setting="forest", hour="day"),
    "city at night": Wish(setting="city", hour="night"),
}
OF_EACH: Final = 3
SEARCHERS: Final = 2
BETWEEN_REQUESTS_S: Final = 1.5
"""Of each searcher; without a pause they would take the cores from what they wait for."""


def _draw(number: int, wish: Wish) -> bytes:
    image = draw(880_000 + number, height=500, aspect=4 / 3, wish=wish).image
    return encode(image, "JPEG", quality=90)


@dataclass
class Library:
    """The photos of one person by the query that they answer. Their names are meaningless."""

    person: ApiClient
    ids: dict[str, set[str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def add(self, query: str) -> str:
        number = next(self._numbers)
        photo_id = await self.person.upload(f"{number}.jpg", _draw(number, QUERIES[query]))
        self.ids.setdefault(query, set()).add(photo_id)
        return photo_id

    @property
    def all_ids(self) -> set[str]:
        return set().union(*self.ids.values())

    async def wait_until_analyzed(self) -> None:
        """Return once every step of every photo is done, reading text included."""

        async def check(photo_id: str) -> bool:
            photo = await self.person.photo(photo_id)
            steps = {step["name"]: step["state"] for step in photo["steps"]}
            assert set(steps.values()) == {"done"}, steps
            return photo["status"] == "ready" and {"embed", "read_text"} <= steps.keys()

        for photo_id in self.all_ids:
            await eventually(functools.partial(check, photo_id), f"{photo_id} is done", 60)

    async def versions(self, photo_ids: Iterable[str]) -> dict[str, int]:
        return {each: (await self.person.photo(each))["version"] for each in photo_ids}

    async def wait_until_hits(self, model: str) -> None:
        """Return once each photo is a vector hit of its query in the index of the model."""

        async def check() -> bool:
            for query, photo_ids in self.ids.items():
                page = await self.person.json("GET", "/search", params={"q": query})
                missing = photo_ids - vector_hits(page)
                assert page["model"] == model, f"{query}: the model is {page['model']}"
                assert not missing, f"{query}: {missing} of {photo_ids} are no hits"
            return True

        await eventually(check, f"all photos are hits of {model}", 60)


def vector_hits(page: Mapping[str, Any]) -> set[str]:
    return {item["photo"]["id"] for item in page["items"] if item["matched"]["visual"] is not None}


def hits(page: Mapping[str, Any]) -> list[str]:
    return [item["photo"]["id"] for item in page["items"]]


@dataclass(frozen=True)
class Probe:
    """A search request and the photos that must be among its hits."""

    name: str
    send: Callable[[], Awaitable[httpx.Response]]
    hits: Callable[[Mapping[str, Any]], Iterable[str]]
    expected: frozenset[str]

    async def fault(self, models: list[str]) -> str | None:
        """Send the request and return what is wrong with its response.

        The model of the response is appended to `models` if it is not the last one there.
        """
        try:
            response = await self.send()
        except httpx.HTTPError as error:
            return repr(error)
        if response.status_code != 200:
            return f"{response.status_code} {response.text[:200]}"
        page = response.json()
        if models[-1:] != [page["model"]]:
            models.append(page["model"])
        if page.get("degraded"):
            return f"degraded {page['degraded']}, {page['model']}"
        missing = self.expected.difference(self.hits(page))
        return f"{sorted(missing)} are no hits of {page['model']}" if missing else None


@dataclass
class Searcher:
    """A client that sends one probe after another and records the faults."""

    probes: list[Probe]
    models: list[str] = field(default_factory=list)
    """The models of the responses, in order, without repeats."""
    faults: list[str] = field(default_factory=list)
    responses: int = 0
    ended: bool = False

    async def __call__(self) -> None:
        for probe in itertools.cycle(self.probes):
            if self.ended:
                return
            fault = await probe.fault(self.models)
            if fault is not None:
                self.faults.append(f"response {self.responses}, {probe.name}: {fault}")
            self.responses += 1
            await asyncio.sleep(BETWEEN_REQUESTS_S)

    async def check(self, *models: str) -> None:
        """Assert that no response had a fault and that they came from these models, in order.

        Each probe is sent once more before.
        """
        enough = self.responses + 1 + len(self.probes)
        await eventually(lambda: self.responses >= enough, "every probe is sent again", 60)
        assert not self.faults, f"{len(self.faults)} of {self.responses}: {self.faults[:10]}"
        assert self.models == list(models)


@dataclass(frozen=True)
class Searchers:
    """Several clients at once, each of which must see a switch exactly once."""

    all: list[Searcher]

    async def check(self, *models: str) -> None:
        await asyncio.gather(*(each.check(*models) for each in self.all))


@asynccontextmanager
async def searching(library: Library) -> AsyncIterator[Searchers]:
    """Search by words, by similar photo and by image all the time, for the photos there are now."""
    http, all_ids = library.person.http, frozenset(library.all_ids)
    one, picture = min(all_ids), _draw(900, QUERIES["beach"])

    def by_words(query: str) -> Probe:
        send = functools.partial(http.get, "/search", params={"q": query})
        return Probe(query, send, vector_hits, frozenset(library.ids[query]))

    def similar() -> Awaitable[httpx.Response]:
        return http.get(f"/photos/{one}/similar", params={"limit": 100})

    def by_image() -> Awaitable[httpx.Response]:
        files = {"file": ("picture", picture, "image/jpeg")}
        return http.post("/search/image", params={"limit": 100}, files=files)

    probes = [
        *(by_words(query) for query in library.ids),
        Probe("similar", similar, hits, all_ids - {one}),
        Probe("image", by_image, hits, all_ids),
    ]
    # Each client begins with another probe, so that all kinds overlap.
    clients = [Searcher(probes[n:] + probes[:n]) for n in range(SEARCHERS)]
    tasks = [asyncio.create_task(client()) for client in clients]
    try:
        yield Searchers(clients)
    finally:
        for client in clients:
            client.ended = True
        await asyncio.gather(*tasks)


@asynccontextmanager
async def switching(stack: Stack, name: str, questions: Path) -> AsyncIterator[Process]:
    """Run `python -m pichaven_local model` beside the stack's launcher."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pichaven_local", "model", name),
        *("--directory", str(stack.directory), "--queries", str(questions)),
        stdout=PIPE,
        stderr=STDOUT,
        env=own_environment(),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def switch(stack: Stack, name: str, questions: Path) -> str:
    """Run `python -m pichaven_local model` to its end and return its output."""
    async with switching(stack, name, questions) as process:
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return output.decode()


async def _candidate_model(stack: Stack) -> dict[str, Any]:
    """Return the description of the candidate's model once its ml is ready."""

    def is_ready() -> bool:
        return any(part.name == "ml-next" and part.ready for part in stack.components)

    await eventually(is_ready, "the second ml is ready", 150)
    async with httpx.AsyncClient(timeout=5) as http:
        response = await http.get(f"http://127.0.0.1:{stack.ports.ml_next}/internal/model")
        return dict(response.json())


@pytest.mark.first
async def test_the_model_is_switched_and_switched_back_and_no_search_notices(
    stack: Stack, tmp_path: Path
) -> None:
    rotated = tmp_path / "rotated"
    await asyncio.to_thread(write_rotated_model, rotated)
    ml_in_force = stack.environment("search")["PICHAVEN_ML_URLS"].split(",")[0]
    await asyncio.gather(
        run(stack, "ml", ["prepare", str(rotated)], 240),
        # What a rebuild has replaced goes, so that there is one index at the beginning.
        run(stack, "search", ["delete-old"], 60, PICHAVEN_ML_URLS=ml_in_force),
    )
    async with registered_client(stack.url) as person:
        library = Library(person)
        await asyncio.gather(*(library.add(query) for query in QUERIES for _ in range(OF_EACH)))
        await library.wait_until_analyzed()
        old = (await person.json("GET", "/search"))["model"]
        await library.wait_until_hits(old)
        questions = tmp_path / "questions.json"
        labelled = [{"query": query, "expected": sorted(ids)} for query, ids in library.ids.items()]
        questions.write_text(json.dumps(labelled))

        async with searching(library) as searchers:
            async with switching(stack, str(rotated), questions):
                candidate = await _candidate_model(stack)
            new = candidate["model"]
            assert new != old
            assert candidate["dimensions"] == DIMENSIONS
            versions = await library.versions(library.all_ids)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(library.add("beach"))
                next_ml = {
                    "PICHAVEN_ML_CANDIDATE": "true",
                    "PICHAVEN_ML_BUNDLED_DIR": str(rotated),
                }
                embedding = tasks.create_task(run(stack, "ml", ["reembed"], 120, **next_ml))
            assert " 0 failed" in embedding.result()
            await library.wait_until_hits(old)
            await searchers.check(old)

            first = await person.json("GET", "/search", params={"q": "beach", "limit": 2})
            flip = ["reindex", "--model", new, "--questions", str(questions)]
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(library.add("a forest"))
                flipping = tasks.create_task(run(stack, "search", [*flip, "--tolerance", "0"], 120))
            assert f"is searched now, model {new}" in flipping.result()
            await library.add("city at night")
            await library.wait_until_hits(new)
            await _assert_pages_end(new, first, library)
            await searchers.check(old, new)

            output = await run(stack, "search", ["reindex", "--rollback"], 120)
            assert f"is searched again, model {old}" in output
            await library.wait_until_hits(old)
            await searchers.check(old, new, old)
            output = await run(stack, "search", ["delete-old"], 60, exit_code=1)
            assert f"an ml still runs {new}" in output
            assert await library.versions(versions) == versions, "a candidate changes no photo"

            output = await switch(stack, str(rotated), questions)
            assert f"{new} is in force" in output
            assert "recall@10" in output
            await library.add("beach")
            await library.wait_until_hits(new)
            await searchers.check(old, new, old, new)
            assert await _models(stack) == [new]

            output = await switch(stack, "pichaven-tiny", questions)
            assert f"{old} is in force" in output
            await library.wait_until_hits(old)
            await searchers.check(old, new, old, new, old)
            assert await _models(stack) == [old]
    assert "ml-next" not in {part.name for part in stack.components}
    assert "PICHAVEN_ML_BUNDLED_DIR" not in stack.environment("ml")


async def _models(stack: Stack) -> list[str]:
    """Return the models of all indexes and of all topics of embeddings."""
    output = await run(stack, "search", ["indexes"], 60)
    entries = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    indexes = [entry["model"] for entry in entries if "embedded" in entry]
    prefix, _, _ = EMBEDDINGS.name.partition("{")
    topics = await list_topics(
        KafkaSettings(bootstrap_servers=f"127.0.0.1:{stack.ports.kafka}"), prefix
    )
    assert topics == [embedding_topic(model).name for model in indexes]
    return indexes


async def _assert_pages_end(model: str, first: dict[str, Any], library: Library) -> None:
    """Assert that the pages after one of the old model have all other photos once."""
    person, listed, page = library.person, hits(first), first
    while cursor := page["next_cursor"]:
        parameters = {"q": "beach", "limit": 2, "cursor": cursor}
        page = await person.json("GET", "/search", params=parameters)
        assert page["model"] == model
        listed += hits(page)
    assert len(set(listed)) == len(listed)
    assert library.ids["beach"] <= set(listed)
