import asyncio
import threading
from collections.abc import Callable

import pytest
from services.ml.tests.colour_encoder import ColourEncoder
from services.ml.tests.conftest import loaded_runtime
from services.ml.tests.memory_worker import (
    OTHER_TOPIC,
    OWNER,
    MemoryWorker,
    delivery,
    reanalyze,
    variant,
)

from pichaven_chassis.events import PermanentError
from pichaven_chassis.outages import EngineDown
from pichaven_contracts.photo import PhotoEmbedded, PhotoPurged, PhotoTagged, Tag
from pichaven_contracts.topics import embedding_topic
from pichaven_ml.analysis.embed_photo import best_variant
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.models.card import Vector
from pichaven_ml.tagging.make_tagger import concept_vectors
from pichaven_ml.tagging.tagger import Tagger
from pichaven_ml.tagging.vocabulary import Vocabulary
from testing.polling import eventually

RED, BLUE = (230, 5, 5), (5, 5, 230)


@pytest.fixture
def worker(runtime: ModelRuntime, make_jpeg: Callable[..., bytes]) -> MemoryWorker:
    return MemoryWorker(runtime, make_jpeg)


async def test_a_photo_is_embedded_and_tagged(worker: MemoryWorker, runtime: ModelRuntime) -> None:
    processed = await worker.store_processed_photo()
    await worker.embed([processed])
    assert [type(event) for event in worker.publisher.events] == [PhotoEmbedded, PhotoTagged]
    (embedded,), (tagged,) = worker.embedded, worker.tagged
    assert embedded.photo_id == tagged.photo_id == processed.event.key
    assert embedded.model == tagged.model == runtime.card.id
    assert embedded.topic == embedding_topic(runtime.card.id)
    assert sum(value**2 for value in embedded.embedding) == pytest.approx(1, abs=1e-4)
    assert [tag.name for tag in tagged.tags] == ["red"]
    assert (tagged.state, tagged.vocabulary) == (
        "done",
        runtime.tagger and runtime.tagger.vocabulary,
    )
    assert worker.steps(embedded.photo_id) == [
        ("embed", "started", 0),
        ("embed", "done", 70),
        ("tag", "done", 100),
    ]


async def test_photos_that_come_together_share_inferences(
    worker: MemoryWorker, encoder: ColourEncoder
) -> None:
    encoder.image_batches.clear()
    await worker.embed([await worker.store_processed_photo() for _ in range(16)])
    assert len(worker.embedded) == 16
    assert len(encoder.image_batches) <= 8


async def test_one_broken_variant_does_not_fail_the_others(worker: MemoryWorker) -> None:
    good = [await worker.store_processed_photo(worker.make_jpeg(BLUE)) for _ in range(3)]
    broken = await worker.store_processed_photo(b"\xff\xd8\xff not a picture")
    with pytest.raises(PermanentError):
        await worker.embed([good[0], broken, *good[1:]])
    assert {event.photo_id for event in worker.embedded} == {one.event.key for one in good}
    assert {event.photo_id for event in worker.tagged} == {one.event.key for one in good}
    assert worker.steps(broken.event.key)[-1][:2] == ("embed", "failed")
    # The broker then tries each alone: what is done stays done, the broken one fails for good.
    for one in good:
        await worker.embed([one])
    with pytest.raises(PermanentError):
        await worker.embed([broken])
    assert len(worker.embedded) == len(worker.tagged) == 3


async def test_a_repeated_delivery_gives_the_same_events(
    worker: MemoryWorker, runtime: ModelRuntime, make_jpeg: Callable[..., bytes]
) -> None:
    """As after a crash: another process, which remembers nothing."""
    processed = await worker.store_processed_photo()
    await worker.embed([processed])
    after = MemoryWorker(runtime, make_jpeg)
    after.store.objects.update(worker.store.objects)
    await after.embed([processed])
    assert after.publisher.event_ids == worker.publisher.event_ids
    assert len(set(after.publisher.event_ids)) == 2
    assert after.embedded[0].embedding == worker.embedded[0].embedding


class FailingTagger(Tagger):
    failing = True

    def __call__(self, picture: Vector) -> tuple[Tag, ...]:
        if self.failing:
            raise RuntimeError("tagging is broken")
        return super().__call__(picture)


async def test_a_photo_whose_tagging_fails_is_published_without_tags(
    encoder: ColourEncoder, colours: Vocabulary, make_jpeg: Callable[..., bytes]
) -> None:
    assert encoder.card.shipped is not None
    concepts = concept_vectors(encoder, colours)
    tagger = FailingTagger(colours, concepts, encoder.card.shipped.calibration)
    async with loaded_runtime(encoder, lambda _encoder: tagger) as runtime:
        worker = MemoryWorker(runtime, make_jpeg)
        processed = await worker.store_processed_photo()
        await worker.embed([processed])
        (embedded,), (tagged,) = worker.embedded, worker.tagged
        assert (tagged.state, tagged.tags, tagged.vocabulary) == ("unavailable", (), None)
        assert len(embedded.embedding) == 4
        assert worker.steps(processed.event.key)[-1] == ("tag", "failed", 100)
        tagger.failing = False
        await worker.handle_commands([reanalyze(processed)])
        assert [tag.name for tag in worker.tagged[-1].tags] == ["red"]


async def test_a_purged_photo_leaves_every_topic_and_is_not_analysed_first(
    worker: MemoryWorker,
) -> None:
    processed = await worker.store_processed_photo()
    purged = PhotoPurged(photo_id=processed.event.key, owner_id=OWNER)
    await worker.handle_commands([reanalyze(processed), delivery(purged)])
    assert worker.publisher.events == []
    assert sorted(worker.publisher.tombstones) == sorted(
        (topic, processed.event.key)
        for topic in (
            "pichaven.tags.v1",
            "pichaven.text.v1",
            embedding_topic(worker.runtime.card.id).name,
            OTHER_TOPIC.name,
        )
    )


async def test_a_photo_purged_while_it_is_embedded_is_not_published(
    worker: MemoryWorker, encoder: ColourEncoder
) -> None:
    gate = threading.Event()
    encoder.before_images = lambda _count: (gate.wait(10), None)[1]
    processed = await worker.store_processed_photo()
    embedding = asyncio.create_task(worker.embed([processed]))
    await eventually(lambda: worker.steps(processed.event.key), "the photo is under way")
    purged = PhotoPurged(photo_id=processed.event.key, owner_id=OWNER)
    await worker.handle_commands([delivery(purged)])
    gate.set()
    await embedding
    assert worker.publisher.events == []


async def test_the_list_of_embedding_topics_is_cached_until_one_of_them_is_gone(
    worker: MemoryWorker,
) -> None:
    purges = [
        delivery(
            PhotoPurged(photo_id=(await worker.store_processed_photo()).event.key, owner_id=OWNER)
        )
        for _ in range(3)
    ]
    await worker.handle_commands(purges)
    assert (worker.topic_lists, len(worker.publisher.tombstones)) == (1, 12)
    worker.publisher.away = True
    with pytest.raises(EngineDown):
        await worker.handle_commands(purges[:1])
    worker.publisher.away = False
    worker.embedding_topics.remove(OTHER_TOPIC)
    await worker.handle_commands(purges[:1])
    assert (worker.topic_lists, len(worker.publisher.tombstones)) == (2, 15)


async def test_photos_analysed_anew_let_fresh_ones_pass(
    worker: MemoryWorker, encoder: ColourEncoder
) -> None:
    gate = threading.Event()
    encoder.before_images = lambda _count: (gate.wait(10), None)[1]
    old = [await worker.store_processed_photo() for _ in range(24)]
    fresh = await worker.store_processed_photo()
    requests = [reanalyze(photo, "model") for photo in old]
    slow = asyncio.create_task(worker.handle_commands(requests))
    await eventually(lambda: len(worker.publisher.progress) >= 8, "old photos wait for the model")
    quick = asyncio.create_task(worker.embed([fresh]))
    await eventually(lambda: worker.steps(fresh.event.key), "the fresh photo is under way")
    gate.set()
    await asyncio.gather(slow, quick)
    order = [event.photo_id for event in worker.embedded]
    assert order.index(fresh.event.key) <= 12


async def test_a_variant_that_is_gone_is_no_failure(worker: MemoryWorker) -> None:
    processed = await worker.store_processed_photo()
    worker.store.objects.clear()
    await worker.embed([processed])
    assert worker.publisher.events == []


async def test_an_older_revision_never_follows_a_newer_one(worker: MemoryWorker) -> None:
    old = await worker.store_processed_photo(worker.make_jpeg(RED), revision=1)
    new = await worker.store_processed_photo(
        worker.make_jpeg(BLUE), photo_id=old.event.key, revision=2
    )
    await worker.embed([new])
    await worker.embed([old])
    assert [event.revision for event in worker.embedded] == [2]
    assert [event.revision for event in worker.tagged] == [2]


async def test_an_outage_is_raised_before_a_broken_photo(worker: MemoryWorker) -> None:
    """The broker waits for Kafka; it must not send photos to the dead-letter topic for it."""
    broken, good = (
        await worker.store_processed_photo(b"broken"),
        await worker.store_processed_photo(),
    )
    worker.publisher.away = True
    with pytest.raises(EngineDown):
        await worker.embed([broken, good])
    worker.publisher.away = False
    with pytest.raises(PermanentError):
        await worker.embed([broken, good])
    assert [event.photo_id for event in worker.embedded] == [good.event.key]


async def test_a_candidate_publishes_embeddings_alone(
    runtime: ModelRuntime, make_jpeg: Callable[..., bytes]
) -> None:
    candidate = MemoryWorker(runtime, make_jpeg, candidate=True)
    fresh, old = await candidate.store_processed_photo(), await candidate.store_processed_photo()
    await candidate.embed([fresh])
    await candidate.handle_commands([reanalyze(old)])
    assert [event.key for event in candidate.embedded] == [fresh.event.key, old.event.key]
    assert len(candidate.publisher.events) == 2


def test_the_variant_is_the_cheapest_with_enough_pixels() -> None:
    everything = [
        variant(name, format_)
        for name in ("150", "400", "800", "1920")
        for format_ in ("avif", "webp", "jpeg")
    ]
    assert best_variant(everything).key == "800.jpeg"
    assert best_variant([variant("800", "webp"), variant("1920", "jpeg")]).key == "800.webp"
    assert best_variant([variant("400", "jpeg"), variant("1920", "jpeg")]).key == "1920.jpeg"
    assert best_variant([variant("150", "jpeg"), variant("400", "webp")]).key == "400.webp"
    with pytest.raises(PermanentError):
        best_variant([variant("800", "avif")])
