"""Memory of ml over a library of photos: `python -m bench.ml_library FOLDER`, in a fresh process.

The model runtime is made by the service's own bootstrap, and batches go through its event
handlers: every photo comes as a record's bytes, is embedded, tagged and read, and each event of it
leaves as a record's bytes. Storage is in memory and returns copies, as from a network; Kafka is
left out. Every hundredth picture is read by the real text process.

FOLDER holds the pictures that the photos show in turn. Prints resident memory as JSON, an entry for
every two thousand photos.
"""

import io
import itertools
import json
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import uvloop
from PIL import Image

from bench.ml_measure import resident_mib
from pichaven_chassis.events import Delivery, EventMeta
from pichaven_chassis.events.cloud_events import OutgoingRecord, decode, encode
from pichaven_chassis.ids import derived_id, new_id
from pichaven_chassis.runtime import Role
from pichaven_contracts.event import Event
from pichaven_contracts.photo import (
    Lane,
    PhotoEmbedded,
    PhotoProcessed,
    PhotoTagged,
    PhotoTextRead,
    Variant,
)
from pichaven_contracts.topics import Topic
from pichaven_ml.analysis import subscribers as analysis
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.analysis.embed_photo import EmbedPhoto
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.tag_photo import TagPhoto
from pichaven_ml.bootstrap import build
from pichaven_ml.container import Container, WorkerContainer
from pichaven_ml.process_memory import keep_memory_flat
from pichaven_ml.settings import MlSettings
from pichaven_ml.text_reading import subscribers as text_reading
from pichaven_ml.text_reading.ocr_process import OcrProcess
from pichaven_ml.text_reading.read_text import ReadText
from pichaven_ml.text_reading.reading import Line
from testing.memory_object_store import MemoryObjectStore

_PHOTOS: Final = 20_000
_READ_EVERY: Final = 100
_STEP: Final = 2_000
"""Photos after which memory is looked at, again and again."""
_BATCH: Final = 32


@dataclass(slots=True)
class _Record:
    """What was sent, as a consumer gets it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Collection[tuple[str, bytes | None]]
    partition: int = 0
    offset: int = 0
    timestamp: int = 0


def _to_delivery(sent: OutgoingRecord, event_type: type[Event]) -> Delivery:
    record = _Record(sent.topic, sent.key, sent.value, [*sent.headers])
    delivery = decode(record, {event_type})
    assert delivery is not None
    return delivery


class _Publisher:
    """Encodes and counts events."""

    def __init__(self) -> None:
        self.published: Counter[type[Event]] = Counter()

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        event_id = derived_id(cause.id, event.event_type, event.key) if cause else new_id()
        encode(event, event_id=event_id, source="ml")
        if isinstance(event, PhotoTagged | PhotoTextRead):
            assert event.state == "done"
        self.published[type(event)] += 1

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        raise AssertionError(f"nothing is purged here: {topic.name}, {key}")


class _Pictures(MemoryObjectStore):
    """Every photo has keys of its own; the last part of one names the picture."""

    async def get(self, key: str, *, max_bytes: int) -> bytes:
        picture = await super().get(key.rpartition("/")[2], max_bytes=max_bytes)
        return bytes(bytearray(picture))


class _SampledReader:
    """A port's stand-in for all pictures but every hundredth: a page takes seconds to read."""

    def __init__(self, process: OcrProcess) -> None:
        self._process = process
        self._number = itertools.count()

    async def __call__(self, picture: bytes) -> Sequence[Line]:
        number = next(self._number)
        if number % _READ_EVERY == 0:
            return await self._process(picture)
        return [Line(f"Platform {number} departures", 0.98), Line("Emergency exit", 0.97)]


def _photo(variants: Sequence[Variant]) -> OutgoingRecord:
    photo_id, owner_id = new_id(), new_id()
    digest = photo_id.replace("-", "").rjust(64, "0")
    photo = PhotoProcessed(
        photo_id=photo_id,
        owner_id=owner_id,
        revision=1,
        pipeline_version=1,
        sha256=digest,
        object_key=f"originals/{owner_id}/{digest}.jpg",
        content_type="image/jpeg",
        size=2_500_000,
        width=4032,
        height=3024,
        variants=tuple(
            variant.model_copy(update={"key": f"derived/{photo_id}/{variant.key}"})
            for variant in variants
        ),
        blurhash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH",
        phash="0123456789abcdef",
        lane=Lane.BULK,
    )
    return encode(photo, event_id=new_id(), source="processing")


async def _store_variants(store: _Pictures, folder: Path) -> list[list[Variant]]:
    """The variants of each picture."""
    pictures: dict[str, list[Variant]] = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        number, edge = path.stem.split("-")
        await store.put(path.name, data, content_type=f"image/{path.suffix[1:]}")
        variant = Variant(
            name=edge,
            format=path.suffix[1:],
            width=int(edge),
            height=int(edge),
            bytes=len(data),
            key=path.name,
        )
        pictures.setdefault(number, []).append(variant)
    return list(pictures.values())


async def _run(folder: Path) -> list[dict[str, float]]:
    settings = MlSettings()
    service = await build(Role.API, settings=settings)
    store, publisher = _Pictures(), _Publisher()
    async with AsyncExitStack() as stack:
        for close in service.close:
            stack.push_async_callback(close)
        for prepare in (*service.setup, *service.startup):
            await prepare()
        process = OcrProcess(settings.ocr_timeout_s)
        stack.push_async_callback(process.close)
        assert isinstance(service.container, Container)
        runtime = service.container.runtime
        embed = EmbedPhoto(runtime, store, TagPhoto(runtime), reads_text=True)
        read = ReadText(_SampledReader(process), store)
        parallel = settings.decode_threads + 2 * settings.batch_size
        container = WorkerContainer(
            embed_photos=AnalyzePhotos(embed, publisher, publisher.publish, parallel=parallel),
            read_texts=AnalyzePhotos(read, publisher, publisher.publish, parallel=2),
            forget_photo=ForgetPhoto(publisher, _no_topics),
        )
        photos = map(_photo, itertools.cycle(await _store_variants(store, folder)))
        resident: list[dict[str, float]] = []
        for done in range(0, _PHOTOS, _BATCH):
            records = itertools.islice(photos, min(_BATCH, _PHOTOS - done))
            deliveries = [_to_delivery(each, PhotoProcessed) for each in records]
            await analysis.embed_photos(deliveries, container)
            await text_reading.read_texts(deliveries, container)
            ready = publisher.published[PhotoTextRead]
            if ready // _STEP > done // _STEP:
                resident.append({"photos": ready // _STEP * _STEP, **await _resident(process)})
                print(resident[-1], file=sys.stderr, flush=True)
        for event_type in (PhotoEmbedded, PhotoTagged, PhotoTextRead):
            assert publisher.published[event_type] == _PHOTOS
        return resident


async def _no_topics() -> list[Topic]:
    return []


async def _resident(process: OcrProcess) -> dict[str, float]:
    # It gives memory back after its answer, before it takes the next picture.
    for _ in range(2):
        await process(_dot())
    assert process.pid is not None
    child = psutil.Process(process.pid).memory_info().rss / 2**20
    return {"serving": round(resident_mib(), 1), "reading": round(child, 1)}


def _dot() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    keep_memory_flat()
    sys.stdout.write(json.dumps(uvloop.run(_run(Path(sys.argv[1])))) + "\n")
