"""A whole library embedded by another model, on topics and a store in memory."""

import asyncio
import os
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.ml.tests.colour_encoder import ColourEncoder

from pichaven_chassis.events import Delivery, EventMeta, Tombstone
from pichaven_chassis.ids import new_id
from pichaven_chassis.outages import EngineDown
from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoEmbedded,
    PhotoTagged,
    PhotoTextRead,
    Tag,
    Variant,
)
from pichaven_contracts.topics import LIBRARY, TAGS, TEXT, Topic, embedding_topic
from pichaven_ml.analysis.embed_photo import EmbedPhoto
from pichaven_ml.analysis.tag_photo import TagPhoto
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.reembedding.last_by_key import LastByKey
from pichaven_ml.reembedding.reembed_photos import ReembedCounts, ReembedPhotos
from pichaven_ml.text_reading.read_text import ReadText
from pichaven_ml.text_reading.reading import Line, TextUnreadable
from testing.memory_object_store import MemoryObjectStore

E = TypeVar("E", bound=Event)

OWNER = new_id()
MODEL = "colours/1/16"
EMBEDDINGS = embedding_topic(MODEL)
AT = datetime(2024, 5, 1, tzinfo=UTC)


class Platform:
    """Topics that keep every record until they are compacted, a store, and the job on them."""

    def __init__(self, runtime: ModelRuntime, make_jpeg: Callable[..., bytes]) -> None:
        self.runtime = runtime
        self.jpeg = make_jpeg((230, 5, 5))
        self.store = MemoryObjectStore()
        self.records: dict[str, list[Delivery]] = {
            topic.name: [] for topic in (LIBRARY, TAGS, TEXT, EMBEDDINGS)
        }
        self.readings = 0
        self.unreadable = False
        self.refusals = 0
        self.during: Callable[[], None] = lambda: None
        """Called once, after the library topic has been read."""

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
        self.records.setdefault(topic, []).append(Delivery(event, meta))

    def compact(self) -> None:
        for topic, records in self.records.items():
            last = {record.meta.key: record for record in records}
            self.records[topic] = list(last.values())

    async def replay(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]:
        for record in list(self.records[topic.name]):
            if isinstance(record.event, Tombstone) or type(record.event) in types:
                yield record
        if topic is LIBRARY:
            during, self.during = self.during, lambda: None
            during()

    async def photo(self, *, stored: bool = True, **changes: Any) -> str:
        photo_id = changes.pop("photo_id", None) or new_id()
        if stored:
            await self.store.put(
                variant_of(photo_id, changes).key, self.jpeg, content_type="image/jpeg"
            )
        self.add(state_of(photo_id, changes))
        return photo_id

    def embedded_by(self, model: str, photo_id: str, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "photo_id": photo_id,
            "owner_id": OWNER,
            "revision": 1,
            "model": model,
            "embedding": (1.0, 0.0, 0.0, 0.0),
            "occurred_at": AT,
        }
        self.add(PhotoEmbedded(**(fields | changes)))

    def tagged_by(self, model: str, photo_id: str, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "photo_id": photo_id,
            "owner_id": OWNER,
            "revision": 1,
            "model": model,
            "tags": (Tag(name="beige", source="ai"),),
            "vocabulary": self.vocabulary,
            "occurred_at": AT,
        }
        self.add(PhotoTagged(**(fields | changes)))

    def read_in(self, photo_id: str, text: str | None, revision: int = 1) -> None:
        state = "unavailable" if text is None else "done"
        self.add(
            PhotoTextRead(
                photo_id=photo_id,
                owner_id=OWNER,
                revision=revision,
                reader="old",
                text=text,
                state=state,
            )
        )

    @property
    def vocabulary(self) -> str:
        assert self.runtime.tagger is not None
        return self.runtime.tagger.vocabulary

    async def read(self, _picture: bytes) -> list[Line]:
        self.readings += 1
        if self.unreadable:
            raise TextUnreadable("not in time")
        return [Line("EXIT", 0.99)]

    async def reembed(self, *, candidate: bool = False, reads: bool = False) -> ReembedCounts:
        async def pause(_seconds: float) -> None:
            await asyncio.sleep(0)

        tag = None if candidate else TagPhoto(self.runtime)
        job = ReembedPhotos(
            EmbedPhoto(self.runtime, self.store, tag, reads_text=reads),
            tag,
            ReadText(self.read, self.store) if reads else None,
            self,
            self.replay,
            model=MODEL,
            parallel=8,
            pause=pause,
        )
        return await job()

    @property
    def embeddings(self) -> dict[str, PhotoEmbedded]:
        return self._last(EMBEDDINGS, PhotoEmbedded)

    @property
    def tags(self) -> dict[str, PhotoTagged]:
        return self._last(TAGS, PhotoTagged)

    @property
    def texts(self) -> dict[str, str | None]:
        texts = self._last(TEXT, PhotoTextRead)
        return {photo_id: text.text for photo_id, text in texts.items()}

    def _last(self, topic: Topic, event_type: type[E]) -> dict[str, E]:
        last: dict[str, E] = {}
        for record in self.records[topic.name]:
            if isinstance(record.event, event_type):
                last[record.event.key] = record.event
            else:
                last.pop(record.meta.key, None)
        return last

    @property
    def record_count(self) -> int:
        return sum(map(len, self.records.values()))


def variant_of(photo_id: str, changes: dict[str, Any]) -> Variant:
    key = f"derived/{OWNER}/{photo_id}/r{changes.get('version', 1)}/800.jpeg"
    return Variant(name="800", format="jpeg", width=80, height=60, bytes=9, key=key)


def state_of(photo_id: str, changes: dict[str, Any]) -> PhotoChanged:
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
        "variants": (variant_of(photo_id, changes),),
        "original_key": "originals/x",
    }
    return PhotoChanged(**(fields | changes))


@pytest.fixture
def platform(runtime: ModelRuntime, make_jpeg: Callable[..., bytes]) -> Platform:
    return Platform(runtime, make_jpeg)


async def test_every_ready_photo_gets_this_models_embedding_and_tags_and_only_once(
    platform: Platform,
) -> None:
    ids = [await platform.photo() for _ in range(30)]
    for photo_id in ids[:20]:
        platform.embedded_by("old", photo_id)
        platform.tagged_by("old", photo_id)
    trashed = await platform.photo(trashed=True)
    await platform.photo(status="processing", variants=())
    result = await platform.reembed()
    assert (result.done, result.skipped, result.failed) == (31, 0, 0)
    assert set(platform.embeddings) == set(platform.tags) == {*ids, trashed}
    assert {event.model for event in platform.embeddings.values()} == {MODEL}
    assert {event.model for event in platform.tags.values()} == {MODEL}
    assert all(event.tags for event in platform.tags.values())
    before = platform.record_count
    again = await platform.reembed()
    assert (again.done, again.tagged, again.skipped) == (0, 0, 31)
    assert platform.record_count == before


async def test_a_run_that_was_cut_off_goes_on_where_it_was(platform: Platform) -> None:
    ids = [await platform.photo() for _ in range(10)]
    for photo_id in ids[:6]:
        platform.embedded_by(MODEL, photo_id)
        platform.tagged_by(MODEL, photo_id)
    result = await platform.reembed()
    assert (result.done, result.skipped) == (4, 6)


async def test_a_photo_that_cannot_be_read_is_counted_and_stops_nobody(platform: Platform) -> None:
    good = [await platform.photo() for _ in range(5)]
    missing = await platform.photo(stored=False)
    broken = await platform.photo()
    key = next(key for key in platform.store.objects if broken in key)
    await platform.store.put(key, b"not a picture", content_type="image/jpeg")
    bare = await platform.photo(variants=())
    result = await platform.reembed()
    assert (result.done, result.failed) == (5, 3)
    assert set(platform.embeddings) == set(good)
    for photo_id in (missing, broken, bare):
        assert photo_id not in platform.embeddings


async def test_only_the_last_word_on_a_photo_counts(platform: Platform) -> None:
    photo_id = await platform.photo(stored=False)
    await platform.photo(photo_id=photo_id, version=2, revision=2)
    purged = await platform.photo()
    platform.add(Tombstone(LIBRARY, purged))
    result = await platform.reembed()
    assert (result.done, result.failed) == (1, 0)
    assert platform.embeddings[photo_id].revision == 2
    assert purged not in platform.embeddings


async def test_a_photo_whose_embedding_was_removed_is_embedded_again(platform: Platform) -> None:
    photo_id = await platform.photo()
    platform.embedded_by(MODEL, photo_id)
    platform.add(Tombstone(EMBEDDINGS, photo_id))
    assert (await platform.reembed()).done == 1
    assert photo_id in platform.embeddings


async def test_a_library_of_older_writers_takes_the_last_known_revision(
    platform: Platform,
) -> None:
    photo_id = await platform.photo(revision=None)
    platform.tagged_by("old", photo_id, revision=3)
    await platform.reembed()
    assert platform.embeddings[photo_id].revision == 3
    assert platform.tags[photo_id].revision == 3


async def test_a_candidate_embeds_alone_and_its_tags_follow_without_another_inference(
    platform: Platform, encoder: ColourEncoder
) -> None:
    ids = [await platform.photo() for _ in range(8)]
    for photo_id in ids:
        platform.embedded_by("old", photo_id)
        platform.tagged_by("old", photo_id)
    assert (await platform.reembed(candidate=True, reads=False)).done == 8
    assert {event.model for event in platform.embeddings.values()} == {MODEL}
    assert {event.model for event in platform.tags.values()} == {"old"}
    # One was uploaded during the switch, and only the old model has seen it.
    late = await platform.photo()
    platform.tagged_by("old", late)
    platform.compact()
    inferences = sum(encoder.image_batches)
    result = await platform.reembed()
    assert (result.done, result.tagged, result.skipped) == (1, 8, 0)
    assert sum(encoder.image_batches) == inferences + 1
    assert {event.model for event in platform.tags.values()} == {MODEL}
    assert [tag.name for tag in platform.tags[ids[0]].tags] == ["red"]
    assert all(event.occurred_at > AT for event in platform.tags.values())
    assert (await platform.reembed()).skipped == 9


async def test_another_vocabulary_gives_new_tags_without_another_inference(
    platform: Platform, encoder: ColourEncoder
) -> None:
    old, current = [await platform.photo() for _ in range(2)]
    for photo_id in (old, current):
        platform.embedded_by(MODEL, photo_id)
    platform.tagged_by(MODEL, old, vocabulary="colours of before")
    platform.tagged_by(MODEL, current)
    inferences = sum(encoder.image_batches)
    result = await platform.reembed()
    assert (result.done, result.tagged, result.skipped) == (0, 1, 1)
    assert sum(encoder.image_batches) == inferences
    assert platform.tags[old].vocabulary == platform.vocabulary


async def test_an_embedding_of_an_older_revision_gives_no_tags(platform: Platform) -> None:
    photo_id = await platform.photo(version=2, revision=2)
    platform.embedded_by(MODEL, photo_id, revision=1)
    platform.tagged_by("old", photo_id, revision=2)
    result = await platform.reembed()
    assert (result.done, result.tagged) == (1, 0)
    tagged = [record.event for record in platform.records[TAGS.name]]
    assert [event.revision for event in tagged if isinstance(event, PhotoTagged)] == [2, 2]


async def test_tags_that_fail_leave_those_that_there_are(platform: Platform) -> None:
    photo_id = await platform.photo()
    platform.embedded_by(MODEL, photo_id, embedding=(1.0,))
    platform.tagged_by("old", photo_id)
    result = await platform.reembed()
    assert (result.tagged, result.failed) == (0, 1)
    assert platform.tags[photo_id].model == "old"


async def test_what_was_read_is_not_read_again(platform: Platform) -> None:
    legible, empty, unread, failed, replaced = [await platform.photo() for _ in range(5)]
    platform.read_in(legible, "OPEN\n24 h")
    platform.read_in(empty, "")
    platform.read_in(failed, None)
    platform.read_in(replaced, "of before")
    await platform.photo(photo_id=replaced, version=2, revision=2)
    result = await platform.reembed(reads=True)
    assert (result.done, platform.readings) == (5, 3)
    assert platform.texts == {
        legible: "OPEN\n24 h",
        empty: "",
        unread: "EXIT",
        failed: "EXIT",
        replaced: "EXIT",
    }
    assert (await platform.reembed(reads=True)).skipped == 5


async def test_photos_that_are_embedded_are_read_where_they_were_not(
    platform: Platform, encoder: ColourEncoder
) -> None:
    photo_id = await platform.photo()
    await platform.reembed()
    inferences = sum(encoder.image_batches)
    assert (await platform.reembed(reads=True)).done == 1
    assert platform.texts == {photo_id: "EXIT"}
    assert sum(encoder.image_batches) == inferences


async def test_a_text_that_cannot_be_read_is_tried_once_in_a_run(platform: Platform) -> None:
    photo_id = await platform.photo()
    platform.unreadable = True
    result = await platform.reembed(reads=True)
    assert (result.done, platform.readings) == (1, 1)
    assert platform.texts == {photo_id: None}
    platform.unreadable = False
    await platform.reembed(reads=True)
    assert platform.texts == {photo_id: "EXIT"}


async def test_what_slipped_between_is_found_by_the_next_round(platform: Platform) -> None:
    photo_id = await platform.photo()
    other = await platform.photo()
    newer = {"version": 2, "revision": 2}
    key = variant_of(photo_id, newer).key
    await platform.store.put(key, platform.jpeg, content_type="image/jpeg")
    platform.during = lambda: platform.add(state_of(photo_id, newer))
    await platform.reembed()
    assert {photo_id, other} == set(platform.embeddings)
    assert platform.embeddings[photo_id].revision == 2


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
        last[str(key)] = value
        plain[str(key)] = value
        if at % 50 == 0:
            last.count_positive()
    assert {key: last[key] for key in plain} == plain
    assert last["never"] == 0
    assert last.count_positive() == sum(value > 0 for value in plain.values())


@pytest.mark.slow
def test_a_photo_costs_some_bytes_and_not_an_object() -> None:
    last = LastByKey()
    tracemalloc.start()
    for number in range(100_000):
        last[f"photo-{number}"] = number
    last.count_positive()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 100_000 * 24
    assert last["photo-99999"] == 99_999


@pytest.mark.slow
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
