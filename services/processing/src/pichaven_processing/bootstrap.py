"""The composition root of processing; the only module that makes clients."""

import time
from typing import Final

from pichaven_chassis.events import EventBroker, Publisher
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import HttpSettings, KafkaSettings, StorageSettings
from pichaven_chassis.storage import ObjectStore, connect_store
from pichaven_contracts.photo import Lane
from pichaven_processing.container import Container
from pichaven_processing.imaging.pool import ImagingPool
from pichaven_processing.lanes import LaneGate
from pichaven_processing.photos import subscribers
from pichaven_processing.photos.fetch_original import FetchOriginal
from pichaven_processing.photos.process_photo import ProcessPhoto
from pichaven_processing.photos.purge_photo import PurgePhoto, RecentPurges
from pichaven_processing.settings import ProcessingSettings
from pichaven_processing.spool import Spool

SERVICE: Final = "processing"
_BULK_NICENESS: Final = 10
"""When both lanes compete for the processor, interactive photos get nine tenths of it."""


async def build(
    role: Role,
    *,
    settings: ProcessingSettings | None = None,
    store: ObjectStore | None = None,
    publisher: Publisher | None = None,
) -> Service:
    """Return the service in a role. `store` and `publisher` replace S3 and Kafka."""
    settings = settings or ProcessingSettings()
    s3 = connect_store(StorageSettings()) if store is None else None
    works = role.works
    broker = None
    if publisher is None:
        broker = EventBroker(KafkaSettings(), SERVICE, routers=[subscribers.router])
        subscribers.configure(broker, settings)
    spool = Spool(settings.spool_dir)
    container = _container(settings, store or s3, publisher or broker, spool)
    pools = container.imaging.values()
    if broker is not None:
        broker.container = container
    return Service(
        name=SERVICE,
        http=HttpSettings(),
        container=container,
        broker=broker if works else None,
        background=[
            Background(f"idle-{lane}-children", pool.end_idle)
            for lane, pool in container.imaging.items()
            if works
        ],
        startup=[spool.open, container.imaging[Lane.INTERACTIVE].warm_up] if works else [],
        checks=[s3.ready_check] if s3 is not None else [],
        close=[
            *(pool.close for pool in pools),
            spool.close,
            *([s3.close] if s3 is not None else []),
        ],
    )


def _container(
    settings: ProcessingSettings,
    store: ObjectStore | None,
    publisher: Publisher | None,
    spool: Spool,
) -> Container:
    assert store is not None
    assert publisher is not None
    purges = RecentPurges()
    imaging = {
        Lane.INTERACTIVE: _pool(settings, min_idle=1, niceness=0),
        Lane.BULK: _pool(settings, min_idle=0, niceness=_BULK_NICENESS),
    }
    return Container(
        process_photo=ProcessPhoto(
            store=store,
            publisher=publisher,
            progress=publisher,
            imaging=imaging,
            spool=spool,
            gate=LaneGate(
                settings.workers + 1,
                bulk_slots=settings.workers,
                bulk_max_wait_s=settings.bulk_max_wait_s,
                clock=time.monotonic,
            ),
            fetch_original=FetchOriginal(store, settings.limits),
            purges=purges,
        ),
        purge_photo=PurgePhoto(store, purges),
        imaging=imaging,
    )


def _pool(settings: ProcessingSettings, *, min_idle: int, niceness: int) -> ImagingPool:
    return ImagingPool(
        limits=settings.limits,
        timeout_s=settings.timeout_s,
        memory_bytes=settings.memory_mb << 20,
        jobs_per_child=settings.jobs_per_child,
        idle_s=settings.idle_s,
        min_idle=min_idle,
        niceness=niceness,
    )
