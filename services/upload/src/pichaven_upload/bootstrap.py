"""Putting the service together; the only place where clients are made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.health import HealthCheck
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
from pichaven_upload.blobs.repository import MongoBlobs
from pichaven_upload.direct.receive_photo import ReceivePhoto
from pichaven_upload.direct.stream_slots import StreamSlots
from pichaven_upload.photos.commands import EndPhoto, VerifyPhoto
from pichaven_upload.photos.queries import FindKnown
from pichaven_upload.photos.repository import MongoPhotos, photos_collection
from pichaven_upload.photos.subscribers import Reactions, reactions, subscribe
from pichaven_upload.ports import Accounts, Blobs, Photos, Uploads
from pichaven_upload.reconciler import Sweep
from pichaven_upload.sessions.abort_upload import GiveUpUpload, TidyUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.cancel_upload import CancelUpload
from pichaven_upload.sessions.complete_upload import CompleteUpload
from pichaven_upload.sessions.inspect_upload import AddressParts, InspectUpload, ReopenUpload
from pichaven_upload.sessions.open_upload import OpenUpload, ReserveSpace
from pichaven_upload.sessions.repository import MongoUploads, uploads_collection
from pichaven_upload.sessions.routes import UseCases, router
from pichaven_upload.sessions.schemas import PartSigner
from pichaven_upload.settings import UploadSettings
from pichaven_upload.usage.model import Limits
from pichaven_upload.usage.queries import ReportUsage
from pichaven_upload.usage.repository import MongoAccounts

_URLS_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where the service keeps things."""

    uploads: Uploads
    photos: Photos
    blobs: Blobs
    accounts: Accounts
    objects: ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Every use case, wired."""

    cases: UseCases
    sweep: Sweep
    heard: Reactions


def assemble(
    stores: Stores,
    settings: UploadSettings,
    presigner: Presigner,
    *,
    clock: Clock = utc_now,
) -> Application:
    """The use cases over any stores."""
    limits = Limits(
        quota_bytes=settings.quota_bytes,
        uploads_per_hour=settings.uploads_per_hour,
        open_uploads=settings.open_uploads,
        bulk_after=settings.bulk_after,
    )
    uploads, photos, blobs = stores.uploads, stores.photos, stores.blobs
    accounts, objects = stores.accounts, stores.objects
    history = timedelta(seconds=settings.history_s)
    reserve = ReserveSpace(accounts, limits, clock=clock)
    tidy = TidyUpload(uploads, blobs, accounts, objects, clock=clock, history=history)
    give_up = GiveUpUpload(uploads, tidy, clock=clock)
    accept = AcceptUpload(uploads, photos, blobs, objects, tidy, clock=clock)
    reopen = ReopenUpload(uploads, objects)
    inspect = InspectUpload(uploads, objects, accept, reopen, clock=clock)
    end_photo = EndPhoto(photos, blobs, accounts, objects, clock=clock)
    cases = UseCases(
        open_upload=OpenUpload(
            uploads,
            photos,
            objects,
            reserve,
            inspect,
            clock=clock,
            max_file_bytes=settings.max_file_bytes,
            part_bytes=settings.part_bytes,
            ttl=timedelta(seconds=settings.session_ttl_s),
        ),
        inspect_upload=inspect,
        address_parts=AddressParts(uploads),
        complete_upload=CompleteUpload(
            uploads, objects, accept, reopen, give_up, tidy, clock=clock
        ),
        cancel_upload=CancelUpload(uploads, give_up),
        find_known=FindKnown(photos),
        receive_photo=ReceivePhoto(
            uploads,
            photos,
            objects,
            reserve,
            accept,
            give_up,
            tidy,
            clock=clock,
            max_file_bytes=settings.max_file_bytes,
            part_bytes=settings.part_bytes,
            ttl=timedelta(seconds=settings.stream_ttl_s),
            slots=StreamSlots(settings.streams, of_one_owner=settings.streams_per_owner),
            idle=timedelta(seconds=settings.stream_idle_s),
            bytes_per_s=settings.stream_bytes_per_s,
        ),
        report_usage=ReportUsage(
            accounts, limits, clock=clock, max_file_bytes=settings.max_file_bytes
        ),
        sign=PartSigner(presigner, ttl_s=settings.part_url_ttl_s),
        urls_at_once=_URLS_AT_ONCE,
        max_file_bytes=settings.max_file_bytes,
    )
    sweep = Sweep(
        uploads,
        photos,
        blobs,
        accounts,
        objects,
        accept=accept,
        inspect=inspect,
        give_up=give_up,
        tidy=tidy,
        end_photo=end_photo,
        clock=clock,
        stalled_after=timedelta(seconds=settings.stalled_after_s),
        orphan_after=timedelta(seconds=settings.orphan_after_s),
        interval_s=settings.sweep_interval_s,
    )
    return Application(
        cases=cases, sweep=sweep, heard=reactions(photos, VerifyPhoto(photos, blobs), end_photo)
    )


def relays(database: MongoDatabase, sender: RecordSender) -> tuple[OutboxRelay, OutboxRelay]:
    """For `photo.uploaded`, and for `upload.failed`."""
    return (
        OutboxRelay(photos_collection(database), sender, "upload-photos"),
        OutboxRelay(uploads_collection(database), sender, "upload-uploads"),
    )


async def build(
    role: Role,
    *,
    settings: UploadSettings | None = None,
    database: MongoDatabase | None = None,
    store: ObjectStore | None = None,
    authenticator: Authenticator | None = None,
    clock: Clock = utc_now,
) -> Service:
    """The service in a role; what is passed in is used and not closed."""
    settings = settings or UploadSettings()
    storage = StorageSettings()
    closing: list[Callable[[], Awaitable[None]]] = []
    checks: list[HealthCheck] = []
    setup: list[Callable[[], Awaitable[None]]] = []
    if database is None:
        connected = connect(MongoSettings(), "upload")
        closing.append(lambda: close(connected))
        database = connected
    if store is None:
        objects = connect_store(storage)
        closing.append(objects.close)
        checks.append(objects.ready_check)
        setup.append(objects.ensure_bucket)
        store = objects
    if authenticator is None:
        authenticator = Authenticator(AuthSettings())
        closing.append(authenticator.close)
    history = timedelta(seconds=settings.history_s)
    uploads, blobs = MongoUploads(database), MongoBlobs(database)
    photos = MongoPhotos(database, clock=clock, history=history)
    accounts = MongoAccounts(database)
    idempotency = MongoIdempotencyStore(database)
    application = assemble(
        Stores(uploads=uploads, photos=photos, blobs=blobs, accounts=accounts, objects=store),
        settings,
        Presigner(storage),
        clock=clock,
    )
    background: list[Background] = []
    # The api role needs no Kafka: what it writes, a worker's relay sends.
    broker = None if role is Role.API else EventBroker(KafkaSettings(), "upload")
    if broker is not None:
        for relay in relays(database, broker):
            setup.append(relay.ensure_indexes)
            background.append(Background("outbox", relay.run))
        subscribe(broker, application.heard)
        background.append(Background("sweep", application.sweep.run))
    setup += [
        uploads.ensure_indexes,
        photos.ensure_indexes,
        blobs.ensure_indexes,
        accounts.ensure_indexes,
        idempotency.ensure_indexes,
    ]
    return Service(
        name="upload",
        http=HttpSettings(),
        routers=[router],
        broker=broker,
        background=background,
        setup=setup,
        checks=[ping_check(database), *checks],
        close=closing,
        idempotency=idempotency,
        state={
            "use_cases": application.cases,
            "authenticator": authenticator,
            "public_url": storage.public_url,
        },
    )
