"""A whole library analysed anew by another model, on topics and a store in memory."""

import asyncio
import os
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pichaven_chassis.events import Delivery, EventMeta, Tombstone
from pichaven_chassis.ids import new_id
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.testing import MemoryObjectStore
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoAnalyzed, PhotoChanged, PhotoProgressed, Variant
from pichaven_contracts.topics import ANALYSIS, LIBRARY, Topic
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.inference.engine import Engine
from pichaven_ml.reembedding.last_by_key import LastByKey
from pichaven_ml.reembedding.noting_publisher import NotingPublisher
from pichaven_ml.reembedding.reembed_photos import Reembedded, ReembedPhotos
from pichaven_ml.reembedding.spooled_texts import SpooledTexts
from pichaven_ml.text_reading.read_text import ReadText
from pichaven_ml.text_reading.reading import Line

OWNER = new_id()
MODEL = "colours/1/16"
AT = datetime(2024, 5, 1, tzinfo=UTC)


class Platform:
    """Topics that keep every record until they are compacted, a store, and the job on them."""

    def __init__(self, engine: Engine, make_jpeg: Callable[..., bytes]) -> None:
        self.engine = engine
        self.jpeg = make_jpeg((230, 5, 5))
        self.store = MemoryObjectStore()
        self.records: dict[str, list[Delivery]] = {LIBRARY.name: [], ANALYSIS.name: []}
        self.texts = SpooledTexts()
        self.readings = 0
        self.refusals = 0
        self.during: Callable[[], None] = lambda: None

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        if self.refusals:
            self.refusals -= 1
            raise EngineDown("Kafka is away")
        self.add(event)

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        self.add(Tombstone(topic, key))

    def add(self, event: Event | Tombstone) -> None:
        topic = event.topic.name
        meta = EventMeta(new_id(), "", "/pichaven/x", None, topic, event.key, 0, 0)
        self.records[topic].append(Delivery(event, meta))

    def compact(self) -> None:
        for topic, records in self.records.items():
            last = {record.meta.key: record for record in records}
            self.records[topic] = list(last.values())

    async def replay(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]:
        for record in list(self.records[topic.name]):
            if isinstance(record.event, Tombstone) or type(record.event) in types:
                yield record
        if topic is ANALYSIS:
            during, self.during = self.during, lambda: None
            during()

    async def photo(self, *, stored: bool = True, **changes: Any) -> str:
        photo_id = changes.pop("photo_id", None) or new_id()
        key = f"derived/{OWNER}/{photo_id}/r{changes.get('version', 1)}/800.jpeg"
        if stored:
            await self.store.put(key, self.jpeg, content_type="image/jpeg")
        variant = Variant(
            name="800", format="jpeg", width=80, height=60, bytes=len(self.jpeg), key=key
        )
        fields: dict[str, Any] = {
            "photo_id": photo_id,
            "owner_id": OWNER,
            "version": 1,
            "revision": 1,
            "status": "ready",
            "filename": "a.jpg",
            "content_type": "image/jpeg",
            "size": 9,
            "sha256": "0" * 64,
            "width": 80,
            "height": 60,
            "taken_at": AT,
            "created_at": AT,
            "variants": (variant,),
            "original_key": "originals/x",
        }
        self.add(PhotoChanged(**(fields | changes)))
        return photo_id

    def seen_by(self, photo_id: str, model: str, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "photo_id": photo_id,
            "owner_id": OWNER,
            "revision": 1,
            "model": model,
            "embedding": (1.0, 0.0, 0.0, 0.0),
            "occurred_at": AT,
        }
        self.add(PhotoAnalyzed(**(fields | changes)))

    async def read(self, _picture: bytes) -> list[Line]:
        self.readings += 1
        return [Line("EXIT", 0.99)]

    async def reembed(self, *, candidate: bool = False, reads: bool = False) -> Reembedded:
        publisher = NotingPublisher(self)
        progress: list[PhotoProgressed] = []

        async def tell(event: PhotoProgressed) -> None:
            progress.append(event)

        analyze = AnalyzePhotos(
            self.engine,
            self.store,
            publisher,
            tell,
            parallel=8,
            candidate=candidate,
            read_text=ReadText(self.read, self.store) if reads else None,
        )

        async def pause(_seconds: float) -> None:
            await asyncio.sleep(0)

        job = ReembedPhotos(
            analyze,
            publisher,
            self.replay,
            self.texts,
            model=MODEL,
            candidate=candidate,
            parallel=8,
            reads=reads,
            pause=pause,
        )
        return await job()

    def last(self) -> dict[str, PhotoAnalyzed]:
        analyses: dict[str, PhotoAnalyzed] = {}
        for record in self.records[ANALYSIS.name]:
            if isinstance(record.event, PhotoAnalyzed):
                analyses[record.event.photo_id] = record.event
            else:
                analyses.pop(record.meta.key, None)
        return analyses

    @property
    def analyses(self) -> int:
        return len(self.records[ANALYSIS.name])


@pytest.fixture
def platform(engine: Engine, make_jpeg: Callable[..., bytes]) -> Iterator[Platform]:
    platform = Platform(engine, make_jpeg)
    yield platform
    platform.texts.close()


async def test_every_ready_photo_gets_this_models_analysis_and_only_once(
    platform: Platform,
) -> None:
    ids = [await platform.photo() for _ in range(30)]
    for photo_id in ids[:20]:
        platform.seen_by(photo_id, "old")
    trashed = await platform.photo(trashed=True)
    await platform.photo(status="processing", variants=())
    result = await platform.reembed()
    assert (result.done, result.skipped, result.failed) == (31, 0, 0)
    last = platform.last()
    assert set(last) == {*ids, trashed}
    assert {(event.model, event.candidate) for event in last.values()} == {(MODEL, False)}
    assert all(event.tags for event in last.values())
    before = platform.analyses
    again = await platform.reembed()
    assert (again.done, again.skipped) == (0, 31)
    assert platform.analyses == before


async def test_a_run_that_was_cut_off_goes_on_where_it_was(platform: Platform) -> None:
    ids = [await platform.photo() for _ in range(10)]
    for photo_id in ids[:6]:
        platform.seen_by(photo_id, MODEL)
    result = await platform.reembed()
    assert (result.done, result.skipped) == (4, 6)


async def test_a_photo_that_cannot_be_read_is_counted_and_stops_nobody(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    good = [await platform.photo() for _ in range(5)]
    missing = await platform.photo(stored=False)
    broken = await platform.photo()
    key = next(key for key in platform.store.objects if broken in key)
    await platform.store.put(key, b"not a picture", content_type="image/jpeg")
    bare = await platform.photo(variants=())
    result = await platform.reembed()
    assert (result.done, result.failed) == (5, 3)
    assert set(platform.last()) == set(good)
    for photo_id in (missing, broken, bare):
        assert photo_id not in platform.last()


async def test_only_the_last_word_on_a_photo_counts(platform: Platform) -> None:
    photo_id = await platform.photo(stored=False)
    await platform.photo(photo_id=photo_id, version=2, revision=2)
    gone = await platform.photo()
    platform.add(Tombstone(LIBRARY, gone))
    result = await platform.reembed()
    assert (result.done, result.failed) == (1, 0)
    assert platform.last()[photo_id].revision == 2
    assert gone not in platform.last()


async def test_a_library_of_older_writers_takes_the_last_analysis_revision(
    platform: Platform,
) -> None:
    photo_id = await platform.photo(revision=None)
    platform.seen_by(photo_id, "old", revision=3)
    await platform.reembed()
    assert platform.last()[photo_id].revision == 3


async def test_a_candidate_says_so_and_becomes_final_without_another_look(
    platform: Platform, encoder: Any
) -> None:
    ids = [await platform.photo() for _ in range(8)]
    for photo_id in ids:
        platform.seen_by(photo_id, "old")
    assert (await platform.reembed(candidate=True)).done == 8
    assert all(event.candidate for event in platform.last().values())
    # One was uploaded during the switch, and the old model spoke last.
    platform.seen_by(ids[0], "old")
    platform.compact()
    looked_at = sum(encoder.image_batches)
    result = await platform.reembed()
    assert (result.done, result.announced, result.skipped) == (1, 7, 0)
    assert sum(encoder.image_batches) == looked_at + 1
    assert {(each.model, each.candidate) for each in platform.last().values()} == {(MODEL, False)}
    assert all(event.occurred_at > AT for event in platform.last().values())


async def test_what_another_model_read_is_not_read_again(platform: Platform) -> None:
    known, empty, unread, failed, replaced = [await platform.photo() for _ in range(5)]
    platform.seen_by(known, "old", reading="done", text="OPEN\n24 h")
    platform.seen_by(empty, "old", reading="done", text="")
    platform.seen_by(unread, "old")
    platform.seen_by(failed, "old", reading="unavailable")
    platform.seen_by(replaced, "old", reading="done", text="of before")
    await platform.photo(photo_id=replaced, version=2, revision=2)
    result = await platform.reembed(reads=True)
    assert (result.done, platform.readings) == (5, 3)
    readings = {photo_id: (each.reading, each.text) for photo_id, each in platform.last().items()}
    assert readings == {
        known: ("done", "OPEN\n24 h"),
        empty: ("done", ""),
        unread: ("done", "EXIT"),
        failed: ("done", "EXIT"),
        replaced: ("done", "EXIT"),
    }
    assert (await platform.reembed(reads=True)).skipped == 5


async def test_what_slipped_between_is_found_by_the_next_round(platform: Platform) -> None:
    photo_id = await platform.photo()
    late: list[str] = []

    def meanwhile() -> None:
        platform.seen_by(photo_id, MODEL)
        late.append(photo_id)
        platform.seen_by(photo_id, "old")

    other = await platform.photo()
    platform.during = meanwhile
    await platform.reembed()
    assert {platform.last()[each].model for each in (photo_id, other)} == {MODEL}
    assert late


async def test_an_engine_that_is_away_is_waited_for(platform: Platform) -> None:
    await platform.photo()
    platform.refusals = 5
    result = await platform.reembed()
    assert (result.done, result.failed) == (1, 0)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9)), max_size=400))
def test_the_last_number_of_a_key_is_kept(updates: list[tuple[int, int]]) -> None:
    last = LastByKey()
    plain: dict[str, int] = {}
    for at, (key, value) in enumerate(updates):
        last.set(str(key), value)
        plain[str(key)] = value
        if at % 50 == 0:
            last.count_positive()
    assert {key: last.get(key) for key in plain} == plain
    assert last.get("never") == 0
    assert last.count_positive() == sum(value > 0 for value in plain.values())


def test_a_photo_costs_some_bytes_and_not_an_object() -> None:
    last = LastByKey()
    tracemalloc.start()
    for number in range(400_000):
        last.set(f"photo-{number}", number)
    last.count_positive()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 400_000 * 24
    assert last.get("photo-399999") == 399_999


def test_the_job_says_what_is_away_and_what_to_do() -> None:
    """Nothing listens on the discard port."""
    job = subprocess.run(
        [sys.executable, "-m", "pichaven_ml", "reembed"],
        env=os.environ | {"PICHAVEN_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert job.returncode == 1
    assert "An engine is away" in job.stderr
    assert "Run it again" in job.stderr
    assert "Traceback" not in job.stderr
