"""Photos through processing and its child processes, against the bare encoding of the variants.

sharp, which makes the same variants, is a peer where it is installed.

The service is put together by its own bootstrap; storage is in memory and Kafka is recorded, so
that what is measured is processing: digest, decoding, resizing, encoding, fingerprints.
"""

import asyncio
import hashlib
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.photographs import CORPUS, photographs
from bench.report import Figure, percentile, write
from bench.sharp_peer import largest_difference, libvips_version, sharp_versions, start_sharp
from bench.variant_process import VariantProcess
from pichaven_chassis.events import EventMeta
from pichaven_chassis.ids import new_id
from pichaven_chassis.runtime import Role
from pichaven_contracts.photo import Lane, PhotoProcessed, PhotoUploaded
from pichaven_processing.bootstrap import build
from pichaven_processing.container import Container
from pichaven_processing.imaging.pool import ImagingPool
from pichaven_processing.photos.process_photo import ProcessPhoto
from pichaven_processing.settings import ProcessingSettings
from testing.memory_object_store import MemoryObjectStore
from testing.recording_publisher import RecordingPublisher

_PHOTOS: Final = 8
_ROUNDS: Final = 3
_CORES: Final = len(os.sched_getaffinity(0))
_AS_THE_CHILDREN: Final = {
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass
class Service:
    """Processing as its bootstrap makes it."""

    store: MemoryObjectStore
    outlet: RecordingPublisher
    process: ProcessPhoto
    pools: Sequence[ImagingPool]
    slots: asyncio.Semaphore
    """One a core, as many as the floor has processes."""

    async def keep(self, data: bytes) -> PhotoUploaded:
        digest = hashlib.sha256(data).hexdigest()
        key = f"originals/bench/{digest}/{new_id()}.jpg"
        await self.store.put(key, data, content_type="image/jpeg")
        return PhotoUploaded(
            photo_id=new_id(),
            owner_id=new_id(),
            upload_id=new_id(),
            filename="photo.jpg",
            content_type="image/jpeg",
            size=len(data),
            sha256=digest,
            object_key=key,
            lane=Lane.INTERACTIVE,
        )

    async def handle(self, photo: PhotoUploaded) -> None:
        cause = EventMeta(
            id=new_id(),
            type=photo.event_type,
            source="/pichaven/upload",
            time=photo.occurred_at,
            topic=photo.topic.name,
            key=photo.key,
            partition=0,
            offset=0,
            attempt=0,
        )
        async with self.slots:
            await self.process(photo, cause=cause, lane=photo.lane)

    @property
    def pids(self) -> list[int]:
        return [pid for pool in self.pools for pid in pool.pids]

    def children_cpu(self) -> float:
        """Seconds that the present children have used."""
        times = [psutil.Process(pid).cpu_times() for pid in self.pids]
        return sum(each.user + each.system for each in times)

    def peaks(self) -> list[float]:
        """The most memory that each present child has ever had resident, MiB."""
        return [_peak_mib(pid) for pid in self.pids]


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel tells no peak of memory")


@asynccontextmanager
async def _service(spool: Path) -> AsyncIterator[Service]:
    store, outlet = MemoryObjectStore(), RecordingPublisher()
    built = await build(
        Role.WORKER,
        settings=ProcessingSettings(workers=_CORES, spool_dir=spool),
        store=store,
        publisher=outlet,
    )
    async with AsyncExitStack() as stack:
        for close in reversed(built.close):
            stack.push_async_callback(close)
        for begin in built.startup:
            await begin()
        assert isinstance(built.container, Container)
        pools = list(built.container.imaging.values())
        slots = asyncio.Semaphore(_CORES)
        yield Service(store, outlet, built.container.process_photo, pools, slots)


@dataclass
class OneByOne:
    """A round of every photo, one after another, beside its floor and its peer."""

    floor_cpu: float
    sharp_cpu: float
    children_cpu: float
    cpu: float
    """Of the children and of the process that feeds them."""
    seconds: list[float]


async def _one_by_one(
    service: Service,
    floor: VariantProcess,
    sharp: VariantProcess | None,
    photos: Sequence[PhotoUploaded],
) -> OneByOne:
    floor_cpu, sharp_cpu, children_cpu, parent_cpu = 0.0, 0.0, 0.0, 0.0
    seconds = []
    for number, photo in enumerate(photos):
        floor_cpu += await floor.make([number])
        if sharp is not None:
            sharp_cpu += await sharp.make([number])
        children, parent, began = service.children_cpu(), time.process_time(), time.perf_counter()
        await service.handle(photo)
        seconds.append(time.perf_counter() - began)
        parent_cpu += time.process_time() - parent
        children_cpu += service.children_cpu() - children
    # The children encode the same variants and do more: less means that others were watched.
    assert children_cpu >= floor_cpu, f"the children used {children_cpu} s, the floor {floor_cpu} s"
    return OneByOne(floor_cpu, sharp_cpu, children_cpu, children_cpu + parent_cpu, seconds)


@dataclass
class AtOnce:
    """Seconds of a round of every photo on all cores."""

    floor: float
    sharp: float
    processing: float


async def _at_once(
    service: Service,
    floors: Sequence[VariantProcess],
    sharp: VariantProcess | None,
    photos: Sequence[PhotoUploaded],
) -> AtOnce:
    numbers = range(len(photos))
    times = [time.perf_counter()]
    await asyncio.gather(
        *(floor.make(list(numbers[at :: len(floors)])) for at, floor in enumerate(floors))
    )
    times.append(time.perf_counter())
    if sharp is not None:
        await sharp.make(list(numbers))
    times.append(time.perf_counter())
    await asyncio.gather(*map(service.handle, photos))
    times.append(time.perf_counter())
    return AtOnce(*(end - start for start, end in itertools.pairwise(times)))


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _figures(
    rounds: Sequence[OneByOne], walls: Sequence[AtOnce], peaks: Sequence[float]
) -> list[Figure]:
    floor = "encoder_floor_cpu_per_photo"
    floor_wall = f"encoder_floor_photos_per_s_{_CORES}_processes"
    # The best round of each: other work on the machine only ever takes away.
    floor_s = min(wall.floor for wall in walls)
    ours_s = min(wall.processing for wall in walls)
    waited = [second for each in rounds for second in each.seconds]
    return [
        Figure(floor, _median(it.floor_cpu for it in rounds) / _PHOTOS, "s CPU"),
        Figure(
            "processing_cpu_per_photo",
            _median(it.cpu for it in rounds) / _PHOTOS,
            "s CPU",
            floor,
            _median(it.cpu / it.floor_cpu for it in rounds),
        ),
        Figure(
            "imaging_child_cpu_per_photo",
            _median(it.children_cpu for it in rounds) / _PHOTOS,
            "s CPU",
            floor,
            _median(it.children_cpu / it.floor_cpu for it in rounds),
        ),
        Figure(floor_wall, _PHOTOS / floor_s, "photos/s"),
        Figure(
            f"processing_photos_per_s_{_CORES}_workers",
            _PHOTOS / ours_s,
            "photos/s",
            floor_wall,
            floor_s / ours_s,
        ),
        Figure("processing_one_photo_p50", percentile(waited, 0.5), "s"),
        Figure("processing_one_photo_p95", percentile(waited, 0.95), "s"),
        Figure("worker_peak_resident", max(peaks), "MiB"),
    ]


def _peer_figures(
    rounds: Sequence[OneByOne], walls: Sequence[AtOnce], difference: float
) -> list[Figure]:
    ours_s = min(wall.processing for wall in walls)
    sharp_s = min(wall.sharp for wall in walls)
    return [
        Figure(
            "sharp_cpu_per_photo",
            _median(it.sharp_cpu for it in rounds) / _PHOTOS,
            "s CPU",
            "processing_cpu_per_photo",
            _median(it.sharp_cpu / it.cpu for it in rounds),
        ),
        Figure(
            f"sharp_photos_per_s_{_CORES}_threads",
            _PHOTOS / sharp_s,
            "photos/s",
            f"processing_photos_per_s_{_CORES}_workers",
            ours_s / sharp_s,
        ),
        Figure("sharp_largest_mean_difference", difference, "of 255"),
    ]


async def _run(where: Path) -> tuple[list[Figure], dict[str, str]]:
    """Return the figures, and the versions of what they are of."""
    paths = []
    for number, data in enumerate(photographs(_PHOTOS)):
        path = where / f"{number}.jpg"
        path.write_bytes(data)
        paths.append(path)
    floor = (sys.executable, "-m", "bench.encoder_floor", *map(str, paths))
    async with _service(where / "spool") as service, AsyncExitStack() as stack:
        photos = [await service.keep(path.read_bytes()) for path in paths]
        floors = await asyncio.gather(
            *(VariantProcess.start(*floor, environment=_AS_THE_CHILDREN) for _ in range(_CORES))
        )
        sharp = await start_sharp(paths, where / "sharp", _CORES)
        for process in (*floors, *([sharp] if sharp else [])):
            stack.push_async_callback(process.stop)
        await _at_once(service, floors, sharp, photos)
        rounds, walls = [], []
        for number in range(_ROUNDS):
            rounds.append(await _one_by_one(service, floors[0], sharp, photos))
            walls.append(await _at_once(service, floors, sharp, photos))
            print(f"round {number + 1} of {_ROUNDS}", flush=True)
        processed = [event for event in service.outlet.events if isinstance(event, PhotoProcessed)]
        assert len(processed) == (1 + 2 * _ROUNDS) * _PHOTOS, "a photo was refused"
        figures = _figures(rounds, walls, service.peaks())
        versions = {"libvips": libvips_version()}
        if sharp is not None:
            variants = {event.photo_id: event.variants for event in processed}
            difference = max(
                largest_difference(
                    variants[photo.photo_id], service.store.objects, where / "sharp", number
                )
                for number, photo in enumerate(photos)
            )
            figures += _peer_figures(rounds, walls, difference)
            versions |= sharp_versions(sharp)
        return figures, versions


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-") as where:
        figures, versions = asyncio.run(_run(Path(where)))
    write("processing", figures, corpus=CORPUS, versions=versions)


if __name__ == "__main__":
    main()
