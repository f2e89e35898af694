"""Where the gallery is put together; the only place that makes clients."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.idempotency import MongoIdempotencyStore
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
from pichaven_gallery.activity import sse
from pichaven_gallery.activity.channel_hub import LiveHub
from pichaven_gallery.activity.stream import StreamChanges, StreamTimes
from pichaven_gallery.ingest.commands import (
    FoldAnalysis,
    FoldOutcome,
    FoldProgress,
    FoldUpload,
)
from pichaven_gallery.ingest.reconciler import (
    PurgeEmptied,
    SettleTimelines,
    SweepPhotos,
    Swept,
)
from pichaven_gallery.ingest.subscribers import FoldingEvents, LiveEvents
from pichaven_gallery.photos import routes as photo_routes
from pichaven_gallery.photos.commands import (
    BatchPhotos,
    ChangePhoto,
    EmptyTrash,
    ReprocessPhoto,
)
from pichaven_gallery.photos.geo_places import GazetteerPlaces
from pichaven_gallery.photos.library import MongoLibrary
from pichaven_gallery.photos.parameters import UseCases
from pichaven_gallery.photos.presenter import Showing
from pichaven_gallery.photos.queries import (
    ListPhotos,
    ListTrash,
    ShowMonth,
    ShowPhoto,
    ShowTimeline,
)
from pichaven_gallery.photos.trash_marks import MongoTrashMarks
from pichaven_gallery.settings import GallerySettings
from pichaven_gallery.timeline.repository import MongoTimeline
from pichaven_gallery.trash import routes as library_routes

SERVICE = "gallery"


async def build(
    role: Role,
    *,
    settings: GallerySettings | None = None,
    storage: StorageSettings | None = None,
    database: MongoDatabase | None = None,
    store: ObjectStore | None = None,
    authenticator: Authenticator | None = None,
    sender: RecordSender | None = None,
    clock: Clock = utc_now,
) -> Service:
    """The service in a role. A `sender` given takes Kafka's place, a `database` stays open."""
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
        sender = broker = EventBroker(KafkaSettings(), SERVICE)
    authenticator = authenticator or Authenticator(AuthSettings())

    photos = MongoLibrary(database, settings.patience)
    relay = OutboxRelay(photos.collection, sender, SERVICE)
    photos.on_write = relay.nudge
    timeline = MongoTimeline(database, photos.collection)
    marks = MongoTrashMarks(database)
    hub = LiveHub(most_streams=settings.streams_per_user, most_news=settings.stream_box)
    purging = asyncio.Event()

    folding = FoldingEvents(
        FoldUpload(photos, clock),
        FoldOutcome(photos, store, clock),
        FoldAnalysis(photos, clock),
        FoldProgress(photos, clock),
    )
    live = LiveEvents(hub, photos)
    if broker is not None and role.works:
        folding.subscribe(broker)
    if broker is not None and role.serves_api:
        live.subscribe(broker)
    sweep = SweepPhotos(photos, clock, settings.patience)
    empty = PurgeEmptied(photos, marks, clock)
    settle = SettleTimelines(timeline)
    show = ShowPhoto(photos, marks)
    listing = ListPhotos(photos, timeline)
    cases = UseCases(
        show=show,
        list_photos=listing,
        list_trash=ListTrash(photos, marks),
        timeline=ShowTimeline(timeline),
        month=ShowMonth(listing),
        change=ChangePhoto(photos, marks, GazetteerPlaces(), clock),
        batch=BatchPhotos(photos, marks, clock),
        empty_trash=EmptyTrash(marks, clock, purging.set),
        reprocess=ReprocessPhoto(photos, show, store, clock),
        stream=StreamChanges(
            photos,
            hub,
            StreamTimes(
                heartbeat_s=settings.heartbeat_s,
                overlap=timedelta(seconds=settings.resume_overlap_s),
                memory=timedelta(days=min(30.0, settings.stub_days)),
            ),
            clock,
        ),
    )
    idempotency = MongoIdempotencyStore(database)

    async def end_streams() -> None:
        hub.close()

    async def disconnect() -> None:
        await close(database)

    return Service(
        name=SERVICE,
        http=HttpSettings(),
        routers=[
            photo_routes.router(),
            library_routes.trash_router(),
            library_routes.timeline_router(),
            sse.router(),
        ],
        broker=broker,
        # Relays share their work, and an api alone must not keep events back.
        background=[
            Background("outbox", relay.run),
            *(_work(settings, sweep, empty, settle, purging) if role.works else []),
        ],
        setup=[
            photos.ensure_indexes,
            marks.ensure_indexes,
            idempotency.ensure_indexes,
            relay.ensure_indexes,
        ],
        checks=[ping_check(database)],
        stopping=[end_streams],
        streams=frozenset({"/api/v1/events"}),
        close=[
            end_streams,
            authenticator.close,
            *([own_store.close] if own_store else []),
            *([disconnect] if own_database else []),
        ],
        idempotency=idempotency,
        state={
            "authenticator": authenticator,
            "use_cases": cases,
            "showing": Showing(Presigner(storage), settings.patience),
            "public_url": storage.public_url,
            "relay": relay,
            "folding": folding,
            "live": live,
            "hub": hub,
            "sweep": sweep,
            "purge_emptied": empty,
            "settle": settle,
        },
    )


def _work(
    settings: GallerySettings,
    sweep: SweepPhotos,
    empty: PurgeEmptied,
    settle: SettleTimelines,
    purging: asyncio.Event,
) -> list[Background]:
    interval = settings.sweep_interval_s
    return [
        Background("sweeper", _again_and_again(sweep, interval, asyncio.Event())),
        Background("purge-emptied", _again_and_again(empty, interval, purging)),
        Background("timelines", _again_and_again(settle, 1.0, asyncio.Event())),
    ]


def _again_and_again(
    work: Callable[[], Awaitable[Swept]], pause_s: float, wake: asyncio.Event
) -> Callable[[], Awaitable[None]]:
    """Passes with pauses between them, without one where a pass left something to do."""

    async def run() -> None:
        while True:
            done = await work()
            if done.full:
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), pause_s)
            wake.clear()

    return run
