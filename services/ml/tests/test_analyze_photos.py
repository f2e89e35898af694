import asyncio
import threading
from collections.abc import Callable

import pytest
from services.ml.tests.colour_encoder import ColourEncoder

from pichaven_chassis.events import Delivery, EventMeta, Permanent
from pichaven_chassis.ids import new_id
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.testing import MemoryObjectStore, RecordingPublisher, eventually
from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoProcessed,
    PhotoProgressed,
    PhotoPurged,
    PhotoReanalyzeRequested,
    Variant,
)
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos, best_variant
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.subscribers import PhotoEvents
from pichaven_ml.inference.engine import Engine

OWNER = new_id()
RED, BLUE = (230, 5, 5), (5, 5, 230)


class Photos:
    """The ml service's consumer on a store in memory."""

    def __init__(self, engine: Engine, make_jpeg: Callable[..., bytes]) -> None:
        self.store = MemoryObjectStore()
        self.publisher = RecordingPublisher()
        self.make_jpeg = make_jpeg
        analyze = AnalyzePhotos(
            engine, self.store, self.publisher, self.publisher.send_progress, parallel=8
        )
        self.events = PhotoEvents(analyze, ForgetPhoto(self.publisher))

    async def processed(
        self, data: bytes | None = None, *, photo_id: str | None = None, revision: int = 1
    ) -> Delivery:
        """A photo as processing leaves it, and its event."""
        photo_id = photo_id or new_id()
        key = f"derived/{OWNER}/{photo_id}/r{revision}/800.jpeg"
        data = self.make_jpeg(RED) if data is None else data
        await self.store.put(key, data, content_type="image/jpeg")
        variant = Variant(
            name="800", format="jpeg", width=80, height=60, bytes=len(data) or 1, key=key
        )
        return delivery(
            PhotoProcessed(
                photo_id=photo_id,
                owner_id=OWNER,
                revision=revision,
                pipeline_version=1,
                sha256="0" * 64,
                object_key="originals/x",
                content_type="image/jpeg",
                size=1000,
                width=800,
                height=600,
                variants=(variant,),
                blurhash="L00000fQfQfQfQfQfQfQfQfQfQfQ",
                phash="0" * 16,
            )
        )

    @property
    def analyzed(self) -> list[PhotoAnalyzed]:
        return [event for event in self.publisher.events if isinstance(event, PhotoAnalyzed)]

    def steps(self, photo_id: str) -> list[tuple[str, str, int]]:
        return [
            (event.step, event.state.value, event.percent)
            for event in self.publisher.progress
            if isinstance(event, PhotoProgressed) and event.photo_id == photo_id
        ]


def delivery(event: Event, cause: str | None = None) -> Delivery:
    meta = EventMeta(
        id=cause or new_id(),
        type=event.event_type,
        source="test",
        time=None,
        topic=event.topic.name,
        key=event.key,
        partition=0,
        offset=0,
    )
    return Delivery(event, meta)


@pytest.fixture
def photos(engine: Engine, make_jpeg: Callable[..., bytes]) -> Photos:
    return Photos(engine, make_jpeg)


async def test_a_photo_is_embedded_and_tagged(photos: Photos, engine: Engine) -> None:
    processed = await photos.processed()
    await photos.events.on_processed([processed])
    (analysis,) = photos.analyzed
    assert analysis.photo_id == processed.event.key
    assert analysis.model == engine.card.id
    assert sum(value**2 for value in analysis.embedding) == pytest.approx(1, abs=1e-4)
    assert [tag.name for tag in analysis.tags] == ["red"]
    assert (analysis.tagging, analysis.vocabulary) == (
        "done",
        engine.tagger and engine.tagger.vocabulary,
    )
    assert photos.steps(analysis.photo_id) == [
        ("embed", "started", 0),
        ("embed", "done", 70),
        ("tag", "done", 100),
    ]


async def test_photos_that_come_together_share_inferences(
    photos: Photos, encoder: ColourEncoder
) -> None:
    encoder.image_batches.clear()
    await photos.events.on_processed([await photos.processed() for _ in range(16)])
    assert len(photos.analyzed) == 16
    assert len(encoder.image_batches) <= 8


async def test_one_broken_variant_does_not_fail_the_others(photos: Photos) -> None:
    good = [await photos.processed(photos.make_jpeg(BLUE)) for _ in range(3)]
    broken = await photos.processed(b"\xff\xd8\xff not a picture")
    with pytest.raises(Permanent):
        await photos.events.on_processed([good[0], broken, *good[1:]])
    assert {event.photo_id for event in photos.analyzed} == {one.event.key for one in good}
    assert photos.steps(broken.event.key)[-1][:2] == ("embed", "failed")
    # The broker then tries each alone: what is done stays done, the broken one fails for good.
    for one in good:
        await photos.events.on_processed([one])
    with pytest.raises(Permanent):
        await photos.events.on_processed([broken])
    assert len(photos.analyzed) == 3


async def test_a_repeated_delivery_gives_the_same_event(
    photos: Photos, engine: Engine, make_jpeg: Callable[..., bytes]
) -> None:
    """As after a crash: another process, which remembers nothing."""
    processed = await photos.processed()
    await photos.events.on_processed([processed])
    after = Photos(engine, make_jpeg)
    after.store = photos.store
    after.store.objects.update(photos.store.objects)
    analyze = AnalyzePhotos(
        engine, photos.store, after.publisher, after.publisher.send_progress, parallel=2
    )
    await PhotoEvents(analyze, ForgetPhoto(after.publisher)).on_processed([processed])
    assert after.publisher.event_ids == photos.publisher.event_ids
    assert after.analyzed[0].embedding == photos.analyzed[0].embedding


async def test_a_photo_whose_tagging_fails_is_published_without_tags(
    photos: Photos, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> object:
        raise RuntimeError("tagging is broken")

    monkeypatch.setattr(type(engine.tagger), "__call__", fail)
    processed = await photos.processed()
    await photos.events.on_processed([processed])
    (analysis,) = photos.analyzed
    assert (analysis.tagging, analysis.tags, analysis.vocabulary) == ("unavailable", (), None)
    assert len(analysis.embedding) == 4
    assert photos.steps(processed.event.key)[-1] == ("tag", "failed", 100)
    monkeypatch.undo()
    request = PhotoReanalyzeRequested(
        photo_id=analysis.photo_id, owner_id=OWNER, processed=processed.event, reason="tags"
    )
    await photos.events.on_commands([delivery(request)])
    assert [tag.name for tag in photos.analyzed[-1].tags] == ["red"]


async def test_a_purged_photo_leaves_the_topic_and_is_not_analysed_first(photos: Photos) -> None:
    processed = await photos.processed()
    request = PhotoReanalyzeRequested(
        photo_id=processed.event.key, owner_id=OWNER, processed=processed.event, reason="tags"
    )
    purged = PhotoPurged(photo_id=processed.event.key, owner_id=OWNER)
    await photos.events.on_commands([delivery(request), delivery(purged)])
    assert photos.analyzed == []
    assert photos.publisher.tombstones == [("pichaven.analysis.v1", processed.event.key)]


async def test_photos_analysed_anew_let_fresh_ones_pass(
    photos: Photos, encoder: ColourEncoder
) -> None:
    gate = threading.Event()
    encoder.before_images = lambda _count: (gate.wait(10), None)[1]
    old = [await photos.processed() for _ in range(24)]
    fresh = await photos.processed()
    requests = [
        delivery(
            PhotoReanalyzeRequested(
                photo_id=photo.event.key, owner_id=OWNER, processed=photo.event, reason="model"
            )
        )
        for photo in old
    ]
    slow = asyncio.create_task(photos.events.on_commands(requests))
    await eventually(lambda: len(photos.publisher.progress) >= 8, "old photos wait for the model")
    quick = asyncio.create_task(photos.events.on_processed([fresh]))
    await eventually(lambda: photos.steps(fresh.event.key), "the fresh photo is under way")
    gate.set()
    await asyncio.gather(slow, quick)
    order = [event.photo_id for event in photos.analyzed]
    assert order.index(fresh.event.key) <= 12


async def test_a_variant_that_is_gone_is_no_failure(photos: Photos) -> None:
    processed = await photos.processed()
    photos.store.objects.clear()
    await photos.events.on_processed([processed])
    assert photos.publisher.events == []


async def test_an_older_revision_never_follows_a_newer_one(photos: Photos) -> None:
    old = await photos.processed(photos.make_jpeg(RED), revision=1)
    new = await photos.processed(photos.make_jpeg(BLUE), photo_id=old.event.key, revision=2)
    await photos.events.on_processed([new])
    await photos.events.on_processed([old])
    assert [event.revision for event in photos.analyzed] == [2]


async def test_an_outage_is_raised_before_a_broken_photo(photos: Photos) -> None:
    """The broker waits for Kafka; it must not send photos to the dead-letter topic for it."""
    broken, good = await photos.processed(b"broken"), await photos.processed()
    photos.publisher.away = True
    with pytest.raises(EngineDown):
        await photos.events.on_processed([broken, good])
    photos.publisher.away = False
    with pytest.raises(Permanent):
        await photos.events.on_processed([broken, good])
    assert [event.photo_id for event in photos.analyzed] == [good.event.key]


def test_the_variant_is_the_cheapest_with_enough_pixels() -> None:
    def variant(name: str, format_: str) -> Variant:
        return Variant(
            name=name, format=format_, width=1, height=1, bytes=1, key=f"{name}.{format_}"
        )

    everything = [
        variant(name, format_)
        for name in ("150", "400", "800", "1920")
        for format_ in ("avif", "webp", "jpeg")
    ]
    assert best_variant(everything).key == "800.jpeg"
    assert best_variant([variant("800", "webp"), variant("1920", "jpeg")]).key == "800.webp"
    assert best_variant([variant("400", "jpeg"), variant("1920", "jpeg")]).key == "1920.jpeg"
    assert best_variant([variant("150", "jpeg"), variant("400", "webp")]).key == "400.webp"
    with pytest.raises(Permanent):
        best_variant([variant("800", "avif")])
