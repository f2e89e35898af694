"""When a photo's text is read, and what is published."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

import psutil
import pytest
from services.ml.tests.colour_encoder import ColourEncoder

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import Delivery, EventMeta
from pichaven_chassis.ids import new_id
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.runtime import Role
from pichaven_chassis.testing import MemoryObjectStore, RecordingPublisher
from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    PhotoAnalyzed,
    PhotoProcessed,
    PhotoProgressed,
    PhotoReanalyzeRequested,
    Variant,
)
from pichaven_ml import bootstrap
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.subscribers import PhotoEvents
from pichaven_ml.inference.engine import Engine
from pichaven_ml.settings import MlSettings
from pichaven_ml.text_reading.read_text import ReadText, most_legible
from pichaven_ml.text_reading.reading import Line, TextUnreadable

OWNER = new_id()


class WordsOnIt:
    """Reads the same words in every picture."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.pictures: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, picture: bytes) -> Sequence[Line]:
        self.pictures.append(picture)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return (Line("Gyrfalcon Street", 0.97), Line("nxqz", 0.3))


class Photos:
    def __init__(
        self, engine: Engine, make_jpeg: Callable[..., bytes], *, candidate: bool = False
    ) -> None:
        self.store = MemoryObjectStore()
        self.publisher = RecordingPublisher()
        self.reader = WordsOnIt()
        self.make_jpeg = make_jpeg
        analyze = AnalyzePhotos(
            engine,
            self.store,
            self.publisher,
            self.publisher.send_progress,
            parallel=8,
            candidate=candidate,
            read_text=ReadText(self.reader, self.store),
        )
        self.events = PhotoEvents(analyze, ForgetPhoto(self.publisher))

    async def processed(self) -> Delivery:
        photo_id = new_id()
        variants = []
        for name, format_ in (("800", "jpeg"), ("1920", "webp")):
            key = f"derived/{OWNER}/{photo_id}/{name}.{format_}"
            data = self.make_jpeg((230, 5, 5)) + name.encode()
            await self.store.put(key, data, content_type=f"image/{format_}")
            variants.append(variant(name, format_, key))
        return delivery(
            PhotoProcessed(
                photo_id=photo_id,
                owner_id=OWNER,
                revision=1,
                pipeline_version=1,
                sha256="0" * 64,
                object_key="originals/x",
                content_type="image/jpeg",
                size=1000,
                width=80,
                height=60,
                variants=tuple(variants),
                blurhash="L00000fQfQfQfQfQfQfQfQfQfQfQ",
                phash="0" * 16,
            )
        )

    @property
    def analyzed(self) -> list[PhotoAnalyzed]:
        return [event for event in self.publisher.events if isinstance(event, PhotoAnalyzed)]

    @property
    def text_requests(self) -> list[PhotoReanalyzeRequested]:
        events = self.publisher.events
        return [event for event in events if isinstance(event, PhotoReanalyzeRequested)]

    @property
    def steps(self) -> list[tuple[str, str, int]]:
        return [
            (event.step, event.state.value, event.percent)
            for event in self.publisher.progress
            if isinstance(event, PhotoProgressed)
        ]


def variant(name: str, format_: str, key: str = "") -> Variant:
    key = key or f"{name}.{format_}"
    return Variant(name=name, format=format_, width=80, height=60, bytes=9, key=key)


def delivery(event: Event) -> Delivery:
    return Delivery(
        event,
        EventMeta(
            id=new_id(),
            type=event.event_type,
            source="test",
            time=None,
            topic=event.topic.name,
            key=event.key,
            partition=0,
            offset=0,
        ),
    )


@pytest.fixture
def photos(engine: Engine, make_jpeg: Callable[..., bytes]) -> Photos:
    return Photos(engine, make_jpeg)


async def test_a_fresh_photo_does_not_wait_for_its_text(photos: Photos) -> None:
    await photos.events.on_processed([await photos.processed()])
    (first,) = photos.analyzed
    assert (first.text, first.reading) == (None, "off")
    assert photos.reader.pictures == []
    (request,) = photos.text_requests
    assert (request.photo_id, request.reason) == (first.photo_id, "text")
    assert photos.steps[-1] == ("tag", "done", 90)


async def test_its_text_follows_with_embedding_and_tags(
    photos: Photos, encoder: ColourEncoder
) -> None:
    await photos.events.on_processed([await photos.processed()])
    encoder.image_batches.clear()
    photos.publisher.progress.clear()
    await photos.events.on_commands([delivery(photos.text_requests[0])])
    first, second = photos.analyzed
    assert (second.text, second.reading) == ("Gyrfalcon Street", "done")
    assert (second.embedding, second.tags, second.revision) == (
        first.embedding,
        first.tags,
        first.revision,
    )
    assert second.occurred_at > first.occurred_at
    assert encoder.image_batches == [], "the vector was cached"
    assert photos.reader.pictures[0].endswith(b"1920")
    assert photos.steps == [("read_text", "started", 90), ("read_text", "done", 100)]
    assert len(photos.text_requests) == 1


async def test_another_process_can_follow_with_the_text(
    photos: Photos, engine: Engine, make_jpeg: Callable[..., bytes]
) -> None:
    await photos.events.on_processed([await photos.processed()])
    other = Photos(engine, make_jpeg)
    other.store.objects.update(photos.store.objects)
    await other.events.on_commands([delivery(photos.text_requests[0])])
    assert other.analyzed[0].embedding == photos.analyzed[0].embedding
    assert other.analyzed[0].text == "Gyrfalcon Street"
    assert [step for step, *_ in other.steps] == ["read_text", "read_text"]


async def test_a_photo_that_is_published_again_gets_its_text_again(
    photos: Photos, engine: Engine, make_jpeg: Callable[..., bytes]
) -> None:
    """The first process requested the text, and ended before it committed the photo."""
    processed = await photos.processed()
    await photos.events.on_processed([processed])
    request = delivery(photos.text_requests[0])
    other = Photos(engine, make_jpeg)
    other.store.objects.update(photos.store.objects)
    await other.events.on_commands([request])
    await other.events.on_processed([processed])
    await other.events.on_commands([request])
    texts = [event.text for event in other.analyzed]
    assert texts == ["Gyrfalcon Street", None, "Gyrfalcon Street"]


async def test_a_clock_that_lags_does_not_make_the_text_older(photos: Photos) -> None:
    request = PhotoReanalyzeRequested(
        photo_id=new_id(),
        owner_id=OWNER,
        occurred_at=utc_now() + timedelta(minutes=3),
        processed=(await photos.processed()).event,
        reason="text",
    )
    await photos.events.on_commands([delivery(request)])
    assert photos.analyzed[0].occurred_at > request.occurred_at


async def test_a_reanalysed_photo_is_published_once_with_its_text(photos: Photos) -> None:
    processed = await photos.processed()
    request = PhotoReanalyzeRequested(
        photo_id=processed.event.key,
        owner_id=OWNER,
        processed=processed.event,
        reason="no analysis yet",
    )
    await photos.events.on_commands([delivery(request)])
    (analysis,) = photos.analyzed
    assert (analysis.text, analysis.reading) == ("Gyrfalcon Street", "done")
    assert photos.text_requests == []
    assert [step[:2] for step in photos.steps] == [
        ("embed", "started"),
        ("read_text", "started"),
        ("embed", "done"),
        ("tag", "done"),
        ("read_text", "done"),
    ]


@pytest.mark.parametrize("error", [TextUnreadable("not within 1 s"), RuntimeError("a bug")])
async def test_a_photo_whose_text_cannot_be_read_is_analysed_all_the_same(
    photos: Photos, error: Exception
) -> None:
    await photos.events.on_processed([await photos.processed()])
    photos.reader.error = error
    await photos.events.on_commands([delivery(photos.text_requests[0])])
    second = photos.analyzed[-1]
    assert (second.text, second.reading) == (None, "unavailable")
    assert len(second.embedding) == 4
    assert photos.steps[-1] == ("read_text", "failed", 100)


async def test_storage_that_is_away_is_waited_for(photos: Photos) -> None:
    processed = await photos.processed()
    await photos.events.on_processed([processed])
    photos.publisher.away = True
    with pytest.raises(EngineDown):
        await photos.events.on_commands([delivery(photos.text_requests[0])])
    photos.publisher.away = False
    await photos.events.on_commands([delivery(photos.text_requests[0])])
    assert photos.analyzed[-1].reading == "done"


async def test_a_candidate_reads_at_once_and_ignores_requests_of_the_ml_in_force(
    photos: Photos, engine: Engine, make_jpeg: Callable[..., bytes]
) -> None:
    """Its groups may come to the same photo in any order."""
    candidate = Photos(engine, make_jpeg, candidate=True)
    fresh = await photos.processed()
    await photos.events.on_processed([fresh])
    candidate.store.objects.update(photos.store.objects)
    await candidate.events.on_commands([delivery(photos.text_requests[0])])
    await candidate.events.on_processed([fresh])
    assert candidate.text_requests == []
    (analysis,) = candidate.analyzed
    assert analysis.candidate
    assert (analysis.text, analysis.reading) == ("Gyrfalcon Street", "done")


async def test_without_a_reader_no_text_is_requested_and_requests_are_ignored(
    photos: Photos, engine: Engine
) -> None:
    processed = await photos.processed()
    analyze = AnalyzePhotos(
        engine, photos.store, photos.publisher, photos.publisher.send_progress, parallel=8
    )
    events = PhotoEvents(analyze, ForgetPhoto(photos.publisher))
    await events.on_processed([processed])
    assert photos.text_requests == []
    assert photos.steps[-1] == ("tag", "done", 100)
    request = PhotoReanalyzeRequested(
        photo_id=processed.event.key, owner_id=OWNER, processed=processed.event, reason="text"
    )
    await events.on_commands([delivery(request)])
    assert len(photos.analyzed) == 1


@pytest.mark.parametrize(("ocr", "readings"), [("off", ["off"]), ("on", ["off", "done"])])
async def test_the_service_reads_and_has_a_process_for_it_only_where_reading_is_on(
    photos: Photos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ocr: Literal["on", "off"],
    readings: list[str],
) -> None:
    """As built, but for storage and for what is published."""
    monkeypatch.setattr(bootstrap, "connect_store", lambda _settings: photos.store)
    settings = MlSettings(cache_dir=tmp_path, ocr=ocr)
    service = await bootstrap.build(Role.WORKER, settings=settings, loader=ColourEncoder())
    broker = service.broker
    assert broker is not None
    monkeypatch.setattr(broker, "publish", photos.publisher.publish)
    try:
        for step in service.startup:
            await step()
        processed = await photos.processed()
        request = PhotoReanalyzeRequested(
            photo_id=processed.event.key,
            owner_id=OWNER,
            processed=processed.event,
            reason="text",
        )
        await broker._by_group["ml"].handle([processed])
        # As a process with reading on would have request.
        await broker._by_group["ml-commands"].handle([delivery(request)])

        assert [event.reading for event in photos.analyzed] == readings
        assert all(len(event.embedding) == 4 for event in photos.analyzed)
        assert len(photos.text_requests) == len(_reading_processes()) == len(readings) - 1
    finally:
        for close in service.close:
            await close()


def _reading_processes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [each for each in children if "pichaven_ml.text_reading.ocr_worker" in each.cmdline()]


async def test_text_being_read_does_not_hold_up_fresh_photos(photos: Photos) -> None:
    await photos.events.on_processed([await photos.processed()])
    photos.reader.gate.clear()
    slow = asyncio.create_task(photos.events.on_commands([delivery(photos.text_requests[0])]))
    await asyncio.wait_for(photos.events.on_processed([await photos.processed()]), 5)
    assert len(photos.analyzed) == 2
    photos.reader.gate.set()
    await slow
    assert photos.analyzed[-1].reading == "done"


def test_the_most_legible_variant_is_the_largest_that_can_be_read() -> None:
    everything = [
        *(variant(name, "avif") for name in ("150", "400", "800")),
        *(variant(name, "jpeg") for name in ("150", "400", "800", "1920")),
        variant("1920", "webp"),
    ]
    best = most_legible(everything)
    assert best is not None
    assert best.key == "1920.jpeg"
    small = most_legible([variant("150", "jpeg"), variant("800", "jpeg")])
    assert small is not None
    assert small.key == "800.jpeg"
    assert most_legible([variant("800", "avif")]) is None
