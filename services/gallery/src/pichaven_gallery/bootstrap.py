"""The composition root: constructs all clients and wires the container."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker, EventPublisher
from pichaven_chassis.fair_slots import FairSlots
from pichaven_chassis.idempotency_store import MongoIdempotencyStore
from pichaven_chassis.mongo import MongoDatabase, close, connect, ping_check
from pichaven_chassis.outbox import OutboxRelay, RecordSender
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import (
    AuthSettings,
    HttpSettings,
    KafkaSettings,
    MongoSettings,
    StorageSettings,
)
from pichaven_chassis.storage import ObjectStore, Presigner, connect_store
from pichaven_gallery.activity import routes as activity_routes
from pichaven_gallery.activity import subscribers as activity_subscribers
from pichaven_gallery.activity.change_log import AppendChanges, ReplayChanges
from pichaven_gallery.activity.channel_hub import ChannelHub
from pichaven_gallery.activity.repository import ChangeLogRepository
from pichaven_gallery.activity.stream import StreamChanges, StreamPurge, StreamTimes
from pichaven_gallery.container import Container
from pichaven_gallery.downloads import routes as download_routes
from pichaven_gallery.downloads.commands import PrepareDownload
from pichaven_gallery.downloads.model import DownloadBounds
from pichaven_gallery.downloads.queries import GetDownload, StreamDownload
from pichaven_gallery.downloads.repository import DownloadRepository
from pichaven_gallery.downloads.schemas import PATH as DOWNLOADS
from pichaven_gallery.ingest import subscribers as ingest_subscribers
from pichaven_gallery.ingest.commands import ApplyEvent, ApplyProgress, ForgetText, RepeatPurges
from pichaven_gallery.ingest.metrics import MeasureOldestPhoto
from pichaven_gallery.ingest.reconciler import ReconcilePhotos
from pichaven_gallery.inventory import subscribers as inventory_subscribers
from pichaven_gallery.inventory.commands import InventoryLibrary, RepeatChanges
from pichaven_gallery.inventory.repository import InventoryRepository
from pichaven_gallery.jobs import routes as job_routes
from pichaven_gallery.jobs.commands import RunJobs, StartJob
from pichaven_gallery.jobs.queries import GetJob
from pichaven_gallery.jobs.repository import JobRepository
from pichaven_gallery.jobs.selection import SelectPhotos
from pichaven_gallery.photos import routes as photo_routes
from pichaven_gallery.photos.commands import (
    ChangePhotos,
    EditPhoto,
    ReprocessPhoto,
    RestorePhoto,
    TrashPhoto,
)
from pichaven_gallery.photos.home_zones import HomeZoneRepository
from pichaven_gallery.photos.older_documents import OlderDocuments
from pichaven_gallery.photos.presenter import PhotoPresenter
from pichaven_gallery.photos.queries import GetPhoto
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.run_batch import RunBatch
from pichaven_gallery.photos.trash_marks import TrashMarkRepository
from pichaven_gallery.settings import GallerySettings
from pichaven_gallery.sweeps import sweep_forever
from pichaven_gallery.timeline import routes as timeline_routes
from pichaven_gallery.timeline.commands import SettleCounts, StoreMonths
from pichaven_gallery.timeline.home_zone import ApplyHomeZones, GetHomeZone, SetHomeZone
from pichaven_gallery.timeline.library_pages import LibraryPages
from pichaven_gallery.timeline.migrate_times import MigrateTimes, MigrateWindow, RewriteTimes
from pichaven_gallery.timeline.month import GetMonth
from pichaven_gallery.timeline.month_pages import MonthPages
from pichaven_gallery.timeline.on_this_day import ListOnThisDay
from pichaven_gallery.timeline.queries import CountPhotos, GetTimeline, ListPhotos
from pichaven_gallery.timeline.repository import TimelineRepository
from pichaven_gallery.timeline.stored_months import StoredMonths
from pichaven_gallery.trash import routes as trash_routes
from pichaven_gallery.trash.commands import EmptyTrash, PurgeEmptiedTrash, PurgePhoto
from pichaven_gallery.trash.queries import ListTrash
from pichaven_places import time_zone_of

SERVICE = "gallery"
_DAY_S: Final = 86_400.0
_SETUP_MIGRATION_S: Final = 30.0
"""Enough for most libraries; workers rewrite the rest."""


class Sender(RecordSender, EventPublisher, Protocol):
    """What the service needs of its broker."""


async def build(
    role: Role,
    *,
    settings: GallerySettings | None = None,
    storage: StorageSettings | None = None,
    database: MongoDatabase | None = None,
    store: ObjectStore | None = None,
    authenticator: Authenticator | None = None,
    sender: Sender | None = None,
    clock: Clock = utc_now,
) -> Service:
    """Return the service in a role. A `sender` replaces Kafka, a `database` stays open."""
    settings = settings or GallerySettings()
    storage = storage or StorageSettings()
    own_database = database is None
    if database is None:
        database = connect(MongoSettings(), SERVICE)
    own_store = None
    if store is None:
        store = own_store = connect_store(storage)
    broker = None
    if sender is None:
        routers = [
            *([ingest_subscribers.router, inventory_subscribers.router] if role.works else []),
            *([activity_subscribers.router] if role.serves_api else []),
        ]
        sender = broker = EventBroker(KafkaSettings(), SERVICE, routers=routers)
    authenticator = authenticator or Authenticator(AuthSettings())

    timeouts = settings.timeouts
    photos = PhotoRepository(database, timeouts)
    lease_s = KafkaSettings().outbox_lease_s
    relay = OutboxRelay(photos.collection, sender, SERVICE, lease_s=lease_s)
    photos.on_write = relay.nudge
    marks = TrashMarkRepository(database)
    zones = HomeZoneRepository(database)
    counts = TimelineRepository(database, photos.collection, clock)
    change_log = ChangeLogRepository(
        database, photos.collection, keep=timedelta(days=settings.change_log_days)
    )
    hub = ChannelHub(max_channels=settings.streams_per_user, max_messages=settings.stream_box)
    jobs = JobRepository(database)
    inventory = InventoryRepository(database, photos.collection)
    wake_purge, wake_zones, wake_jobs = asyncio.Event(), asyncio.Event(), asyncio.Event()
    change = ChangePhotos(photos, marks, clock)
    get_photo, get_job = GetPhoto(photos, marks), GetJob(jobs)
    older, rewrite = OlderDocuments(photos), RewriteTimes(photos, clock)
    pages = LibraryPages(photos, MigrateWindow(older, rewrite))
    run_batch = RunBatch(change)
    select_photos = SelectPhotos(pages, counts, photos, marks)
    run_jobs = RunJobs(
        jobs,
        select_photos,
        run_batch,
        clock,
        chunk=settings.job_chunk,
        keep=timedelta(days=settings.job_days),
    )
    downloads = DownloadRepository(database)
    prepare_download = PrepareDownload(
        downloads,
        select_photos,
        photos,
        marks,
        store,
        clock,
        bounds=DownloadBounds(
            max_photos=settings.download_photos, max_bytes=settings.download_bytes
        ),
        ttl=timedelta(seconds=settings.download_ttl_s),
    )
    list_photos = ListPhotos(pages, counts)
    get_timeline = GetTimeline(counts)
    presigner = Presigner(storage)
    stored_months = StoredMonths(database)
    month_pages = MonthPages(counts, pages, stored_months)
    get_month = GetMonth(counts, month_pages, presigner, max_entries=settings.months_kept)
    stream_times = StreamTimes(
        heartbeat_s=settings.heartbeat_s,
        overlap=timedelta(seconds=settings.resume_overlap_s),
        replay_window=timedelta(days=min(30.0, settings.change_log_days)),
    )
    container = Container(
        presenter=partial(PhotoPresenter, presigner, timeouts),
        get_photo=get_photo,
        list_photos=list_photos,
        count_photos=CountPhotos(pages, photos, marks),
        edit_photo=EditPhoto(change),
        trash_photo=TrashPhoto(change),
        restore_photo=RestorePhoto(change),
        reprocess_photo=ReprocessPhoto(photos, get_photo, store, clock),
        run_batch=run_batch,
        start_job=StartJob(jobs, get_job, wake_jobs.set, clock, chunk=settings.job_chunk),
        get_job=get_job,
        run_jobs=run_jobs,
        prepare_download=prepare_download,
        get_download=GetDownload(downloads, clock),
        stream_download=StreamDownload(downloads, store, FairSlots(settings.download_slots)),
        list_trash=ListTrash(photos, marks),
        purge_photo=PurgePhoto(change),
        empty_trash=EmptyTrash(marks, clock, wake_purge.set),
        purge_emptied_trash=PurgeEmptiedTrash(photos, marks, clock),
        get_timeline=get_timeline,
        get_month=get_month,
        list_on_this_day=ListOnThisDay(pages, get_timeline, zones, clock),
        settle_counts=SettleCounts(counts),
        store_months=StoreMonths(counts, month_pages, stored_months, clock),
        get_home_zone=GetHomeZone(zones),
        set_home_zone=SetHomeZone(zones, wake_zones.set),
        apply_home_zones=ApplyHomeZones(photos, zones, clock),
        migrate_times=MigrateTimes(older, rewrite),
        apply_event=ApplyEvent(photos, store, zones, clock),
        apply_progress=ApplyProgress(photos, clock),
        forget_text=ForgetText(photos),
        repeat_purges=RepeatPurges(photos, clock),
        reconcile_photos=ReconcilePhotos(photos, clock, timeouts),
        measure_oldest_photo=MeasureOldestPhoto(photos, clock),
        inventory_library=InventoryLibrary(
            inventory,
            sender,
            clock,
            interval=timedelta(seconds=settings.inventory_interval_s),
            settle=timedelta(seconds=settings.inventory_settle_s),
        ),
        repeat_changes=RepeatChanges(photos),
        hub=hub,
        stream_changes=StreamChanges(
            photos, ReplayChanges(change_log, photos), hub, stream_times, clock
        ),
        stream_purge=StreamPurge(photos, hub),
        append_changes=AppendChanges(change_log),
        relay=relay,
    )
    if broker is not None:
        broker.container = container
        # HTTP is served before Kafka is connected.
        broker.when_started(hub.resync)
    idempotency = MongoIdempotencyStore(database)

    async def begin_change_log() -> None:
        await change_log.begin(clock())

    async def end_streams() -> None:
        hub.close()

    async def disconnect() -> None:
        await close(database)

    async def load_time_zones() -> None:
        # Off the event loop: the first lookup reads the zones' polygons.
        await asyncio.to_thread(time_zone_of, 0, 0)

    return Service(
        name=SERVICE,
        http=HttpSettings(),
        routers=[
            photo_routes.router,
            job_routes.router,
            download_routes.router,
            trash_routes.router,
            timeline_routes.router,
            activity_routes.router,
        ],
        broker=broker,
        # Relays share their work, and an api alone must not keep events back.
        background=[
            Background("outbox", relay.run),
            *(
                _sweeps(container, settings.sweep_interval_s, wake_purge, wake_zones, wake_jobs)
                if role.works
                else []
            ),
        ],
        startup=[load_time_zones],
        setup=[
            photos.ensure_indexes,
            marks.ensure_indexes,
            zones.ensure_indexes,
            jobs.ensure_indexes,
            inventory.prepare,
            downloads.ensure_indexes,
            counts.ensure_indexes,
            counts.recount_if_lost,
            stored_months.ensure_indexes,
            idempotency.ensure_indexes,
            relay.ensure_indexes,
            change_log.ensure_indexes,
            begin_change_log,
            partial(container.migrate_times.run_for, _SETUP_MIGRATION_S),
        ],
        checks=[ping_check(database)],
        stopping=[end_streams],
        streams=frozenset({"/api/v1/events", f"{DOWNLOADS}/"}),
        close=[
            end_streams,
            get_month.close,
            authenticator.close,
            *([own_store.close] if own_store else []),
            *([disconnect] if own_database else []),
        ],
        methods_elsewhere={"/api/v1/photos": ["POST"]},
        idempotency=idempotency,
        container=container,
        authenticator=authenticator,
        public_url=storage.public_url,
    )


def _sweeps(
    container: Container,
    interval_s: float,
    wake_purge: asyncio.Event,
    wake_zones: asyncio.Event,
    wake_jobs: asyncio.Event,
) -> list[Background]:
    return [
        Background("reconciler", sweep_forever(container.reconcile_photos, interval_s)),
        Background("oldest_photo", sweep_forever(container.measure_oldest_photo, interval_s)),
        Background("inventory", sweep_forever(container.inventory_library, interval_s)),
        Background(
            "trash_purge", sweep_forever(container.purge_emptied_trash, interval_s, wake_purge)
        ),
        # An owner waits for it, and the api may be another process.
        Background("jobs", sweep_forever(container.run_jobs, 1.0, wake_jobs)),
        Background("home_zones", sweep_forever(container.apply_home_zones, interval_s, wake_zones)),
        # What is left by the setup, or written by a process of the version before.
        Background("wall_times", sweep_forever(container.migrate_times, _DAY_S)),
        Background("timeline_counts", sweep_forever(container.settle_counts, 1.0)),
        Background("timeline_months", sweep_forever(container.store_months, 1.0)),
        # A photo's first changes come within seconds, and are appended together. Who resumes a
        # stream waits for none of it: pending entries are appended before the log is read.
        Background("change_log", sweep_forever(container.append_changes, interval_s)),
    ]
