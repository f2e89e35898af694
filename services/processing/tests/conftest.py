"""The pipeline in this process, and the whole service on fakes with real child processes."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pyvips
from PIL import Image

from pichaven_chassis.events import EventMeta
from pichaven_chassis.ids import new_id
from pichaven_chassis.runtime import Role
from pichaven_contracts.photo import (
    Lane,
    PhotoProcessed,
    PhotoProgressed,
    PhotoRejected,
    PhotoUploaded,
)
from pichaven_processing.bootstrap import build
from pichaven_processing.container import Container
from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.pipeline import run_pipeline
from pichaven_processing.imaging.step import StepReport
from pichaven_processing.settings import ProcessingSettings
from testing.memory_object_store import MemoryObjectStore
from testing.recording_publisher import RecordingPublisher

LIMITS = Limits(
    max_bytes=500_000_000,
    max_pixels=300_000_000,
    max_animation_pixels=3_000_000_000,
    max_edge=65_535,
)


@dataclass
class Rendered:
    """The pipeline's result for a file."""

    facts: Facts
    folder: Path
    reports: list[StepReport]

    def bytes_of(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def image(self, name: str = "400.jpeg") -> Image.Image:
        return Image.open(io.BytesIO(self.bytes_of(name)))


Render = Callable[..., Rendered]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Runs the steps on a file's bytes, in this process."""
    # As child processes do.
    pyvips.cache_set_max(0)

    def run(data: bytes, limits: Limits = LIMITS) -> Rendered:
        original = tmp_path / "original"
        original.write_bytes(data)
        folder = tmp_path / "variants"
        folder.mkdir(exist_ok=True)
        reports: list[StepReport] = []
        facts = run_pipeline(Picture(original, folder, limits), reports.append)
        return Rendered(facts, folder, reports)

    return run


@dataclass
class Component:
    """The service as its bootstrap builds it, on fakes of storage and Kafka."""

    store: MemoryObjectStore
    publisher: RecordingPublisher
    container: Container
    spool_dir: Path

    async def put_original(
        self, data: bytes, *, lane: Lane = Lane.INTERACTIVE, sha256: str | None = None
    ) -> PhotoUploaded:
        """Store an original and return the event that announces it."""
        digest = sha256 or hashlib.sha256(data).hexdigest()
        owner_id, upload_id = new_id(), new_id()
        key = f"originals/{owner_id}/{digest}/{upload_id}.jpg"
        await self.store.put(key, data, content_type="image/jpeg")
        return PhotoUploaded(
            photo_id=new_id(),
            owner_id=owner_id,
            upload_id=upload_id,
            filename="photo.jpg",
            content_type="image/jpeg",
            size=max(len(data), 1),
            sha256=digest,
            object_key=key,
            lane=lane,
        )

    async def process(
        self, photo: PhotoUploaded, *, attempt: int = 0, reprocess: bool = False
    ) -> None:
        await self.container.process_photo(
            photo, cause=cause(photo, attempt), lane=photo.lane, reprocess=reprocess
        )

    async def purge(self, photo: PhotoUploaded) -> None:
        await self.container.purge_photo(photo.owner_id, photo.photo_id)

    @property
    def processed(self) -> list[PhotoProcessed]:
        return [event for event in self.publisher.events if isinstance(event, PhotoProcessed)]

    @property
    def rejected(self) -> list[PhotoRejected]:
        return [event for event in self.publisher.events if isinstance(event, PhotoRejected)]

    @property
    def progress(self) -> list[PhotoProgressed]:
        return [event for event in self.publisher.progress if isinstance(event, PhotoProgressed)]

    @property
    def derived(self) -> set[str]:
        return {key for key in self.store.objects if key.startswith("derived/")}

    @property
    def spooled(self) -> list[Path]:
        return [path for path in self.spool_dir.rglob("*") if path.name.startswith("photo-")]


def cause(photo: PhotoUploaded, attempt: int = 0) -> EventMeta:
    return EventMeta(
        id=f"cause-{photo.photo_id}",
        type=photo.event_type,
        source="/pichaven/upload",
        time=datetime.now(UTC),
        topic=photo.topic.name,
        key=photo.key,
        partition=0,
        offset=0,
        attempt=attempt,
    )


StartComponent = Callable[..., "asyncio.Future[Component]"]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """Starts the service with settings and perhaps another store."""
    closing = []

    async def begin(store: MemoryObjectStore | None = None, **settings: object) -> Component:
        store = store or MemoryObjectStore()
        publisher = RecordingPublisher()
        spool_dir = tmp_path / "spool"
        service = await build(
            Role.WORKER,
            settings=ProcessingSettings(**{"spool_dir": spool_dir, "workers": 2, **settings}),
            store=store,
            publisher=publisher,
        )
        closing.extend(service.close)
        assert isinstance(service.container, Container)
        return Component(store, publisher, service.container, spool_dir)

    yield begin
    for close in closing:
        await close()
