"""When a photo's text is read, and what is published."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

import psutil
import pytest
from services.ml.tests.colour_encoder import ColourEncoder
from services.ml.tests.memory_worker import OWNER, MemoryWorker, delivery, reanalyze, variant

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import Delivery
from pichaven_chassis.outages import EngineDown
from pichaven_chassis.runtime import Role
from pichaven_contracts.photo import (
    Lane,
    PhotoEmbedded,
    PhotoProcessed,
    PhotoPurged,
    PhotoReanalyzeRequested,
    PhotoTagged,
    PhotoTextRead,
)
from pichaven_ml.analysis import subscribers as analysis
from pichaven_ml.bootstrap import build
from pichaven_ml.container import WorkerContainer
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.settings import MlSettings
from pichaven_ml.text_reading import subscribers as text_reading
from pichaven_ml.text_reading.read_text import most_legible
from pichaven_ml.text_reading.reading import READER, Line, TextUnreadable
from testing.polling import eventually

VARIANTS = (("800", "jpeg"), ("1920", "webp"))


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


@pytest.fixture
def reader() -> WordsOnIt:
    return WordsOnIt()


@pytest.fixture
def worker(
    runtime: ModelRuntime, make_jpeg: Callable[..., bytes], reader: WordsOnIt
) -> MemoryWorker:
    return MemoryWorker(runtime, make_jpeg, reader=reader)


async def test_a_fresh_photo_does_not_wait_for_its_text(
    worker: MemoryWorker, reader: WordsOnIt
) -> None:
    processed = await worker.store_processed_photo(variants=VARIANTS)
    await worker.embed([processed])
    assert (len(worker.embedded), len(worker.tagged), worker.texts) == (1, 1, [])
    assert reader.pictures == []
    assert worker.steps(processed.event.key)[-1] == ("tag", "done", 90)


async def test_its_text_is_published_without_another_inference(
    worker: MemoryWorker, reader: WordsOnIt, encoder: ColourEncoder
) -> None:
    processed = await worker.store_processed_photo(variants=VARIANTS)
    encoder.image_batches.clear()
    await worker.read([processed])
    (text,) = worker.publisher.events
    assert isinstance(text, PhotoTextRead)
    assert (text.text, text.state, text.reader) == ("Gyrfalcon Street", "done", READER)
    assert (text.photo_id, text.revision) == (processed.event.key, 1)
    assert encoder.image_batches == []
    assert reader.pictures[0].endswith(b"1920")
    assert worker.steps(text.photo_id) == [("read_text", "started", 90), ("read_text", "done", 100)]


async def test_a_repeated_delivery_gives_the_same_text(
    worker: MemoryWorker, runtime: ModelRuntime, make_jpeg: Callable[..., bytes]
) -> None:
    """The first process published the text, and ended before it committed the photo."""
    processed = await worker.store_processed_photo(variants=VARIANTS)
    await worker.read([processed])
    await worker.read([processed])
    assert len(worker.texts) == 1
    other = MemoryWorker(runtime, make_jpeg, reader=WordsOnIt())
    other.store.objects.update(worker.store.objects)
    await other.read([processed])
    assert other.publisher.event_ids == worker.publisher.event_ids
    assert other.texts[0].text == worker.texts[0].text


async def test_a_clock_that_lags_does_not_make_the_result_older(worker: MemoryWorker) -> None:
    processed = (await worker.store_processed_photo(variants=VARIANTS)).event
    assert isinstance(processed, PhotoProcessed)
    request = PhotoReanalyzeRequested(
        photo_id=processed.photo_id,
        owner_id=OWNER,
        occurred_at=utc_now() + timedelta(minutes=3),
        processed=processed,
        reason="no tags yet",
    )
    await worker.handle_commands([delivery(request)])
    assert len(worker.publisher.events) == 3
    assert all(event.occurred_at > request.occurred_at for event in worker.publisher.events)


async def test_a_reanalysed_photo_is_embedded_tagged_and_read_once(worker: MemoryWorker) -> None:
    processed = await worker.store_processed_photo(variants=VARIANTS)
    await worker.handle_commands([reanalyze(processed, "no tags yet")])
    assert [type(event) for event in worker.publisher.events] == [
        PhotoEmbedded,
        PhotoTagged,
        PhotoTextRead,
    ]
    assert worker.texts[0].text == "Gyrfalcon Street"
    assert worker.steps(processed.event.key) == [
        ("embed", "started", 0),
        ("embed", "done", 70),
        ("tag", "done", 90),
        ("read_text", "started", 90),
        ("read_text", "done", 100),
    ]


@pytest.mark.parametrize("error", [TextUnreadable("not within 1 s"), RuntimeError("a bug")])
async def test_a_photo_whose_text_cannot_be_read_says_so_and_is_analysed_all_the_same(
    worker: MemoryWorker, reader: WordsOnIt, error: Exception
) -> None:
    reader.error = error
    processed = await worker.store_processed_photo(variants=VARIANTS)
    await worker.handle_commands([reanalyze(processed)])
    (text,) = worker.texts
    assert (text.text, text.state) == (None, "unavailable")
    assert len(worker.embedded[0].embedding) == 4
    assert worker.steps(processed.event.key)[-1] == ("read_text", "failed", 100)


async def test_an_engine_that_is_away_is_waited_for(worker: MemoryWorker) -> None:
    processed = await worker.store_processed_photo(variants=VARIANTS)
    worker.publisher.away = True
    with pytest.raises(EngineDown):
        await worker.read([processed])
    worker.publisher.away = False
    await worker.read([processed])
    assert worker.texts[-1].state == "done"


async def test_a_reader_that_does_not_start_is_waited_for(
    worker: MemoryWorker, reader: WordsOnIt
) -> None:
    reader.error = EngineDown("a child process did not start")
    processed = await worker.store_processed_photo(variants=VARIANTS)
    with pytest.raises(EngineDown):
        await worker.read([processed])
    assert not worker.texts
    reader.error = None
    await worker.read([processed])
    assert worker.texts[-1].state == "done"


async def test_a_variant_that_is_gone_is_no_failure(worker: MemoryWorker) -> None:
    missing, good = [await worker.store_processed_photo(variants=VARIANTS) for _ in range(2)]
    for key in [key for key in worker.store.objects if missing.event.key in key]:
        del worker.store.objects[key]
    await worker.read([missing, good])
    assert [text.photo_id for text in worker.texts] == [good.event.key]


async def test_a_text_of_an_older_revision_never_follows_one_of_a_newer(
    worker: MemoryWorker,
) -> None:
    old = await worker.store_processed_photo(variants=VARIANTS)
    new = await worker.store_processed_photo(variants=VARIANTS, photo_id=old.event.key, revision=2)
    await worker.read([new])
    await worker.read([old])
    assert [text.revision for text in worker.texts] == [2]


async def test_a_photo_purged_while_it_is_read_is_not_published(
    worker: MemoryWorker, reader: WordsOnIt
) -> None:
    processed = await worker.store_processed_photo(variants=VARIANTS)
    reader.gate.clear()
    reading = asyncio.create_task(worker.read([processed]))
    await eventually(lambda: reader.pictures, "the picture is read")
    purged = PhotoPurged(photo_id=processed.event.key, owner_id=OWNER)
    await worker.handle_commands([delivery(purged)])
    reader.gate.set()
    await reading
    assert worker.publisher.events == []


async def test_photos_of_a_bulk_import_are_read_last_and_few_are_in_memory(
    worker: MemoryWorker, reader: WordsOnIt
) -> None:
    bulk = [await worker.store_processed_photo(variants=VARIANTS) for _ in range(4)]
    single = await worker.store_processed_photo(variants=VARIANTS)
    reader.gate.clear()
    reading = asyncio.create_task(worker.read([*map(_in_bulk, bulk), single]))
    await eventually(lambda: len(reader.pictures) == 2, "two pictures are read")
    reader.gate.set()
    await reading
    assert [text.photo_id for text in worker.texts] == [
        photo.event.key for photo in (single, *bulk)
    ]


def _in_bulk(processed: Delivery) -> Delivery:
    assert isinstance(processed.event, PhotoProcessed)
    return delivery(processed.event.model_copy(update={"lane": Lane.BULK}))


async def test_without_a_reader_no_text_is_read(
    runtime: ModelRuntime, make_jpeg: Callable[..., bytes]
) -> None:
    worker = MemoryWorker(runtime, make_jpeg)
    processed = await worker.store_processed_photo(variants=VARIANTS)
    await worker.embed([processed])
    assert worker.steps(processed.event.key)[-1] == ("tag", "done", 100)
    await worker.handle_commands([reanalyze(processed)])
    assert (len(worker.embedded), worker.texts) == (2, [])


@pytest.mark.parametrize(
    ("ocr", "candidate", "tags", "texts"),
    [("off", False, 2, 0), ("on", False, 2, 2), ("on", True, 0, 0)],
)
async def test_the_service_reads_and_has_a_process_for_it_only_where_reading_is_on(
    worker: MemoryWorker,
    tmp_path: Path,
    ocr: Literal["on", "off"],
    candidate: bool,
    tags: int,
    texts: int,
) -> None:
    """As built, but for storage and for what is published."""
    settings = MlSettings(cache_dir=tmp_path, ocr=ocr, candidate=candidate)
    service = await build(
        Role.WORKER,
        settings=settings,
        loader=ColourEncoder(),
        store=worker.store,
        publisher=worker.publisher,
    )
    broker = service.broker
    assert broker is not None
    container = broker.container
    assert isinstance(container, WorkerContainer)
    try:
        await service.startup[0]()
        processed = await worker.store_processed_photo(variants=VARIANTS)
        await analysis.embed_photos([processed], container)
        await text_reading.read_texts([processed], container)
        await analysis.handle_commands([reanalyze(processed)], container)

        assert len(worker.embedded) == 2
        assert len(worker.tagged) == tags
        assert len(worker.texts) == texts
        assert len(_reading_processes()) == (texts > 0)
        assert bool(worker.publisher.progress) != candidate
        groups = {"ml", "ml-commands", "ml-text"} if texts else {"ml", "ml-commands"}
        assert set(broker._subscriptions) == groups
    finally:
        for close in service.close:
            await close()


def _reading_processes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [each for each in children if "pichaven_ml.text_reading.ocr_worker" in each.cmdline()]


async def test_text_being_read_does_not_hold_up_fresh_photos(
    worker: MemoryWorker, reader: WordsOnIt
) -> None:
    first, second = [await worker.store_processed_photo(variants=VARIANTS) for _ in range(2)]
    reader.gate.clear()
    slow = asyncio.create_task(worker.read([first]))
    reanalysis = asyncio.create_task(worker.handle_commands([reanalyze(first)]))
    await eventually(lambda: len(reader.pictures) == 2, "two pictures are read")
    await asyncio.wait_for(worker.embed([second]), 5)
    assert worker.embedded[-1].photo_id == second.event.key
    assert worker.texts == []
    reader.gate.set()
    await asyncio.gather(slow, reanalysis)
    assert worker.texts[-1].state == "done"


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
