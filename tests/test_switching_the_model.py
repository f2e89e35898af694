"""The embedding model of a whole running platform is switched, and switched back, under load.

The second model is the bundled one turned into a space of another size
(`testing/rotated_model.py`): no hub is needed, its quality and calibration are as good, so nothing
has to be forced, and yet a vector of one model means nothing to the other. What its first start
exports is kept in pytest's cache: half a minute of a core the first time.

Search knows both addresses from its start, before anything listens at the second. It remembers no
query's vector, so every search by words asks an ml.
"""

import asyncio
import functools
import io
import itertools
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from pichaven_chassis.testing import eventually
from pichaven_local.stack import Ports, Stack
from testing.api_client import Person, new_person
from testing.processes import Beside, run, running
from testing.rotated_model import DIMENSIONS, write_turned_model
from testing.sketches import Wish, draw

QUERIES: Final = {
    "beach": Wish(setting="beach", hour="day"),
    "a forest": Wish(setting="forest", hour="day"),
    "city at night": Wish(setting="city", hour="night"),
}
OF_EACH: Final = 3
SEARCHERS: Final = 3


@dataclass(frozen=True)
class Platform:
    stack: Stack
    next_port: int
    """Where search looks for a second ml."""

    @property
    def next_url(self) -> str:
        return f"http://127.0.0.1:{self.next_port}"


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform of its own: which model is searched is a matter of the whole of it."""
    ports = Ports.free()
    taken = set(asdict(ports).values())
    next_port = next(port for port in asdict(Ports.free()).values() if port not in taken)
    urls = [f"http://127.0.0.1:{port}" for port in (ports.ml, next_port)]
    with tempfile.TemporaryDirectory(prefix="pichaven-e2e-", dir=os.environ.get("TMPDIR")) as where:
        stack = Stack(
            Path(where),
            ports=ports,
            extra_env={
                "PICHAVEN_ML_URLS": ",".join(urls),
                "PICHAVEN_ML_REMEMBERED_QUERIES": "0",
                # A slow answer of a machine that also exports a model is no outage.
                "PICHAVEN_ML_TIMEOUT_S": "5",
                "PICHAVEN_KAFKA_SESSION_TIMEOUT_MS": "6000",
                "PICHAVEN_GATEWAY_API_RATE": "5000",
                "PICHAVEN_GATEWAY_API_BURST": "5000",
            },
        )
        try:
            with stack:
                stack.wait_ready(240)
                yield Platform(stack, next_port)
        finally:
            stack.remove_data()


def _drawn(number: int, wish: Wish) -> bytes:
    buffer = io.BytesIO()
    drawn = draw(880_000 + number, height=500, aspect=4 / 3, wish=wish)
    drawn.image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@dataclass
class Library:
    """One person's photos by the words that they show. Their names tell nothing."""

    person: Person
    ids: dict[str, set[str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def add(self, query: str) -> str:
        number = next(self._numbers)
        photo_id = await self.person.upload(f"{number}.jpg", _drawn(number, QUERIES[query]))
        self.ids.setdefault(query, set()).add(photo_id)
        return photo_id

    @property
    def all_ids(self) -> set[str]:
        return set().union(*self.ids.values())

    async def settled(self) -> None:
        """Nothing more will happen to any photo by itself: also what is written there is read."""

        async def check(photo_id: str) -> bool:
            photo = await self.person.photo(photo_id)
            steps = {step["name"]: step["state"] for step in photo["steps"]}
            assert set(steps.values()) == {"done"}, steps
            return photo["status"] == "ready" and {"embed", "read_text"} <= steps.keys()

        for photo_id in self.all_ids:
            await eventually(functools.partial(check, photo_id), f"{photo_id} is done", 60)

    async def versions(self, photo_ids: Iterable[str]) -> dict[str, int]:
        return {each: (await self.person.photo(each))["version"] for each in photo_ids}

    async def seen(self, model: str) -> None:
        """Every photo is found by what it shows, in the index of that model."""

        async def check() -> bool:
            for query, wanted in self.ids.items():
                answer = await self.person.json("GET", "/search", params={"q": query})
                lacking = wanted - seen_in(answer)
                assert answer["model"] == model, f"{query}: {answer['model']} answers"
                assert not lacking, f"{query}: {lacking} of {wanted} are not seen"
            return True

        await eventually(check, f"all photos are seen by {model}", 60)


def seen_in(answer: Mapping[str, Any]) -> set[str]:
    return {
        item["photo"]["id"] for item in answer["items"] if item["matched"]["visual"] is not None
    }


def listed_in(answer: Mapping[str, Any]) -> list[str]:
    return [item["photo"]["id"] for item in answer["items"]]


@dataclass(frozen=True)
class Question:
    """One way to search, and the photos that must be among its answers."""

    name: str
    ask: Callable[[], Awaitable[httpx.Response]]
    found: Callable[[Mapping[str, Any]], Iterable[str]]
    wanted: frozenset[str]

    async def fault(self, models: list[str]) -> str | None:
        """Ask once: what was wrong. The model that answered is added to a list without repeats."""
        try:
            response = await self.ask()
        except httpx.HTTPError as error:
            return repr(error)
        if response.status_code != 200:
            return f"{response.status_code} {response.text[:200]}"
        answer = response.json()
        if models[-1:] != [answer["model"]]:
            models.append(answer["model"])
        if answer.get("degraded"):
            return f"degraded {answer['degraded']}, {answer['model']}"
        lacking = self.wanted.difference(self.found(answer))
        return f"{sorted(lacking)} are not found by {answer['model']}" if lacking else None


@dataclass
class Searcher:
    """A client that asks one question after another without pause, and notes what was wrong."""

    questions: list[Question]
    models: list[str] = field(default_factory=list)
    """That answered, one after another."""
    faults: list[str] = field(default_factory=list)
    answers: int = 0
    ended: bool = False

    async def __call__(self) -> None:
        for question in itertools.cycle(self.questions):
            if self.ended:
                return
            fault = await question.fault(self.models)
            if fault is not None:
                self.faults.append(f"answer {self.answers}, {question.name}: {fault}")
            self.answers += 1

    async def check(self, *models: str) -> None:
        """Not one answer was wrong so far, and these models gave them, one after another.

        Each question is asked again before.
        """
        enough = self.answers + 1 + len(self.questions)
        await eventually(lambda: self.answers >= enough, "every question is answered again", 60)
        assert not self.faults, f"{len(self.faults)} of {self.answers}: {self.faults[:10]}"
        assert self.models == list(models)


@dataclass(frozen=True)
class Searchers:
    """Several at once. Each is told of a switch by its own answers, so each sees it once."""

    all: list[Searcher]

    async def check(self, *models: str) -> None:
        await asyncio.gather(*(each.check(*models) for each in self.all))


@asynccontextmanager
async def searching(library: Library) -> AsyncIterator[Searchers]:
    """By words, by likeness and by a picture, all the time; none may miss what is there now."""
    http, all_ids = library.person.http, frozenset(library.all_ids)
    one, picture = min(all_ids), _drawn(900, QUERIES["beach"])

    def by_words(query: str) -> Question:
        ask = functools.partial(http.get, "/search", params={"q": query})
        return Question(query, ask, seen_in, frozenset(library.ids[query]))

    def by_likeness() -> Awaitable[httpx.Response]:
        return http.get(f"/photos/{one}/similar", params={"limit": 100})

    def by_picture() -> Awaitable[httpx.Response]:
        files = {"file": ("picture", picture, "image/jpeg")}
        return http.post("/search/image", params={"limit": 100}, files=files)

    questions = [
        *(by_words(query) for query in library.ids),
        Question("likeness", by_likeness, listed_in, all_ids - {one}),
        Question("picture", by_picture, listed_in, all_ids),
    ]
    # Each begins elsewhere, so that all kinds of questions meet.
    clients = [Searcher(questions[n:] + questions[:n]) for n in range(SEARCHERS)]
    asking = [asyncio.create_task(client()) for client in clients]
    try:
        yield Searchers(clients)
    finally:
        for client in clients:
            client.ended = True
        await asyncio.gather(*asking)


async def _model_at(url: str, process: Beside) -> dict[str, Any]:
    """What an ml tells of its model, once it is ready."""

    async with httpx.AsyncClient(base_url=url, timeout=5) as http:

        async def check() -> dict[str, Any] | None:
            process.check_alive()
            try:
                ready, model = await http.get("/readyz"), await http.get("/internal/model")
            except httpx.TransportError:
                return None
            return dict(model.json()) if ready.is_success and model.is_success else None

        return await eventually(check, "the second ml is ready", 90)


@pytest.mark.timeout(600)
async def test_the_model_is_switched_and_switched_back_and_no_search_notices(
    platform: Platform, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    stack, cache = platform.stack, pytestconfig.cache
    assert cache is not None
    await asyncio.to_thread(write_turned_model, tmp_path / "turned")
    next_ml = {
        "PICHAVEN_ML_GENERATION": "next",
        "PICHAVEN_ML_BUNDLED_DIR": str(tmp_path / "turned"),
        "PICHAVEN_ML_CACHE_DIR": str(cache.mkdir("turned-model")),
        "PICHAVEN_HTTP_PORT": str(platform.next_port),
    }
    await run(stack, "ml", ["setup"], 240, **next_ml)
    async with new_person(stack.url) as person:
        library = Library(person)
        await asyncio.gather(*(library.add(query) for query in QUERIES for _ in range(OF_EACH)))
        await library.settled()
        old = (await person.json("GET", "/search"))["model"]
        await library.seen(old)
        questions = tmp_path / "questions.json"
        labelled = [{"query": query, "expected": sorted(ids)} for query, ids in library.ids.items()]
        questions.write_text(json.dumps(labelled))

        async with searching(library) as searchers:
            async with running(stack, "ml", "all", **next_ml) as ml:
                told = await _model_at(platform.next_url, ml)
                new = told["model"]
                assert new != old
                assert told["dimensions"] == DIMENSIONS
                versions = await library.versions(library.all_ids)

                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(library.add("beach"))
                    embedding = tasks.create_task(run(stack, "ml", ["reembed"], 120, **next_ml))
                assert " 0 failed" in embedding.result()
                await library.seen(old)
                await searchers.check(old)

                first = await person.json("GET", "/search", params={"q": "beach", "limit": 2})
                flip = ["reindex", "--model", new, "--questions", str(questions)]
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(library.add("a forest"))
                    flipping = tasks.create_task(
                        run(stack, "search", [*flip, "--tolerance", "0"], 120)
                    )
                assert f"is searched now, model {new}" in flipping.result()
                await library.add("city at night")
                await library.seen(new)
                await _ends_in(new, first, library)
                await searchers.check(old, new)

                back = await run(stack, "search", ["reindex", "--rollback"], 120)
                assert f"is searched again, model {old}" in back
                await library.seen(old)
                await searchers.check(old, new, old)
                refused = await run(stack, "search", ["delete-old"], 60, exit_code=1)
                assert f"an ml still runs {new}" in refused
                ml.check_alive()
            assert " 0 failed" in await run(stack, "ml", ["reembed"], 120)
            deleted = await run(stack, "search", ["delete-old"], 60)
            assert deleted.count(" is deleted") == 1
            await library.seen(old)
            await searchers.check(old, new, old)
        assert await library.versions(versions) == versions, "a candidate is no owner's business"


async def _ends_in(model: str, first: dict[str, Any], library: Library) -> None:
    """The pages after one of another model have all the rest, once."""
    person, listed, page = library.person, listed_in(first), first
    while cursor := page["next_cursor"]:
        parameters = {"q": "beach", "limit": 2, "cursor": cursor}
        page = await person.json("GET", "/search", params=parameters)
        assert page["model"] == model
        listed += listed_in(page)
    assert len(set(listed)) == len(listed)
    assert library.ids["beach"] <= set(listed)
