"""Where processing is put together; the only place that makes clients."""

import time
from typing import Protocol

from pichaven_chassis.events import EventBroker, EventPublisher
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import HttpSettings, KafkaSettings, StorageSettings
from pichaven_chassis.storage import ObjectStore, connect_store
from pichaven_contracts.photo import Lane
from pichaven_contracts.topics import COMMANDS, UPLOAD, UPLOAD_BULK
from pichaven_processing.imaging.child_pool import ChildPool
from pichaven_processing.lanes import LaneGate
from pichaven_processing.photos.fetch_original import FetchOriginal
from pichaven_processing.photos.process_photo import ProcessPhoto
from pichaven_processing.photos.purge_photo import RecentPurges, RemoveDerived
from pichaven_processing.photos.subscribers import command_handlers, upload_handlers
from pichaven_processing.ports import Progress
from pichaven_processing.settings import ProcessingSettings
from pichaven_processing.spool import DiskSpool

SERVICE = "processing"
_MOST_CONSUMERS = 8
_COMMAND_CONSUMERS = 2
_TRANSFER_S = 300
_BULK_NICENESS = 10
"""Where both lanes want the processor, interactive photos get nine tenths of it."""


class Outlet(EventPublisher, Progress, Protocol):
    """Where events and progress go."""


async def build(
    role: Role,
    *,
    settings: ProcessingSettings | None = None,
    store: ObjectStore | None = None,
    outlet: Outlet | None = None,
) -> Service:
    """The service in a role. A `store` or an `outlet` given takes S3's or Kafka's place."""
    settings = settings or ProcessingSettings()
    own_store = connect_store(StorageSettings()) if store is None else None
    broker = EventBroker(KafkaSettings(), SERVICE) if outlet is None else None
    store = own_store if store is None else store
    outlet = broker if outlet is None else outlet
    assert store is not None
    assert outlet is not None
    slots = settings.workers + 1
    spool = DiskSpool(settings.spool_dir)
    pool = _pool(settings, kept=1, niceness=0)
    bulk_pool = _pool(settings, kept=0, niceness=_BULK_NICENESS)
    purges = RecentPurges()
    process = ProcessPhoto(
        store=store,
        publisher=outlet,
        progress=outlet,
        imaging={Lane.INTERACTIVE: pool, Lane.BULK: bulk_pool},
        spool=spool,
        gate=LaneGate(
            slots,
            bulk_slots=settings.workers,
            patience_s=settings.bulk_patience_s,
            clock=time.monotonic,
        ),
        fetch=FetchOriginal(store, settings.limits),
        purges=purges,
    )
    remove = RemoveDerived(store, purges)
    works = role.works
    if broker is not None and works:
        _subscribe(broker, settings, process, remove)
    return Service(
        name=SERVICE,
        http=HttpSettings(),
        broker=broker if works else None,
        background=[
            Background("idle-children", pool.end_idle),
            Background("idle-bulk-children", bulk_pool.end_idle),
        ]
        if works
        else [],
        startup=[spool.open, pool.warm_up] if works else [],
        checks=[own_store.ready_check] if own_store is not None else [],
        close=[
            pool.close,
            bulk_pool.close,
            spool.close,
            *([own_store.close] if own_store is not None else []),
        ],
        state={"process": process, "remove": remove, "pool": pool, "bulk_pool": bulk_pool},
    )


def _pool(settings: ProcessingSettings, *, kept: int, niceness: int) -> ChildPool:
    return ChildPool(
        limits=settings.limits,
        memory_bytes=settings.memory_mb << 20,
        timeout_s=settings.timeout_s,
        jobs_per_child=settings.jobs_per_child,
        idle_s=settings.idle_s,
        kept=kept,
        niceness=niceness,
    )


def _subscribe(
    broker: EventBroker, settings: ProcessingSettings, process: ProcessPhoto, remove: RemoveDerived
) -> None:
    """One group a lane, with a consumer for every place behind the gate."""
    consumers = min(settings.workers + 1, _MOST_CONSUMERS)
    # Waiting at the gate counts: at most the patience and one picture before.
    longest_s = settings.bulk_patience_s + 2 * settings.timeout_s + _TRANSFER_S
    uploads = upload_handlers(process)
    for topic, group in ((UPLOAD, "processing"), (UPLOAD_BULK, "processing-bulk")):
        broker.subscribe(
            topic, group=group, handlers=uploads, workers=consumers, max_handling_s=longest_s
        )
    broker.subscribe(
        COMMANDS,
        group="processing-commands",
        handlers=command_handlers(process, remove),
        workers=_COMMAND_CONSUMERS,
        max_handling_s=longest_s,
    )
