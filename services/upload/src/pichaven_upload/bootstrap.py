"""The composition root: the only module that constructs clients and wires the container."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.events import EventBroker
from pichaven_chassis.fair_slots import FairSlots, SlotLimits
from pichaven_chassis.health import HealthCheck
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
from pichaven_upload.blobs.commands import ReleaseBlobs
from pichaven_upload.blobs.repository import BlobRepository
from pichaven_upload.container import Container
from pichaven_upload.direct import routes as direct_routes
from pichaven_upload.direct.part_stream import StreamLimits
from pichaven_upload.direct.receive_photo import ReceivePhoto
from pichaven_upload.photos import subscribers
from pichaven_upload.photos.commands import (
    ConfirmPhoto,
    PurgePhoto,
    RejectPhoto,
    ReleasePhoto,
    TrackTrash,
    VerifyPhoto,
)
from pichaven_upload.photos.model import ConfirmationWaits
from pichaven_upload.photos.queries import FindPhotosByDigest
from pichaven_upload.photos.repository import PhotoRepository, photos_collection
from pichaven_upload.reconciler import Reconciler
from pichaven_upload.sessions import routes as session_routes
from pichaven_upload.sessions.abort_upload import AbortUpload, CleanUpUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.attach_sidecar import AttachSidecar
from pichaven_upload.sessions.cancel_upload import CancelUpload
from pichaven_upload.sessions.complete_upload import CompleteUpload
from pichaven_upload.sessions.inspect_upload import InspectUpload, ReopenUpload
from pichaven_upload.sessions.open_upload import OpenUpload
from pichaven_upload.sessions.repeat_photo import RepeatPhoto
from pichaven_upload.sessions.repository import UploadRepository, uploads_collection
from pichaven_upload.sessions.sign_parts import PartSigner, SignParts
from pichaven_upload.settings import UploadSettings
from pichaven_upload.usage import routes as usage_routes
from pichaven_upload.usage.commands import ReserveQuota
from pichaven_upload.usage.model import Limits
from pichaven_upload.usage.queries import GetUsage
from pichaven_upload.usage.repository import AccountRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    uploads: UploadRepository
    photos: PhotoRepository
    blobs: BlobRepository
    accounts: AccountRepository


def repositories_in(
    database: MongoDatabase, settings: UploadSettings, *, clock: Clock = utc_now
) -> Repositories:
    history = timedelta(seconds=settings.history_s)
    return Repositories(
        uploads=UploadRepository(database),
        photos=PhotoRepository(database, clock=clock, history=history, waits=_waits(settings)),
        blobs=BlobRepository(database),
        accounts=AccountRepository(database),
    )


def _waits(settings: UploadSettings) -> ConfirmationWaits:
    return ConfirmationWaits(
        accepted=timedelta(seconds=settings.confirm_accepted_s),
        verified=timedelta(seconds=settings.confirm_verified_s),
    )


def wire(
    repositories: Repositories,
    store: ObjectStore,
    presigner: Presigner,
    settings: UploadSettings,
    *,
    clock: Clock = utc_now,
) -> Container:
    """Return the use cases over these repositories and this object store."""
    uploads, photos = repositories.uploads, repositories.photos
    blobs, accounts = repositories.blobs, repositories.accounts
    limits = Limits(
        quota_bytes=settings.quota_bytes,
        uploads_per_hour=settings.uploads_per_hour,
        open_uploads=settings.open_uploads,
        bulk_after=settings.bulk_after,
    )
    reserve = ReserveQuota(accounts, limits, clock=clock)
    release_blobs = ReleaseBlobs(blobs, store, clock=clock)
    release_photo = ReleasePhoto(photos, accounts, release_blobs, clock=clock)
    clean_up = CleanUpUpload(
        uploads,
        blobs,
        accounts,
        store,
        clock=clock,
        history=timedelta(seconds=settings.history_s),
    )
    abort = AbortUpload(uploads, clean_up, clock=clock)
    accept = AcceptUpload(uploads, photos, blobs, release_blobs, clean_up, clock=clock)
    reopen = ReopenUpload(uploads, store)
    inspect = InspectUpload(uploads, store, accept, reopen, clock=clock)
    part_signer = PartSigner(presigner, ttl_s=settings.part_url_ttl_s)
    return Container(
        open_upload=OpenUpload(
            uploads,
            photos,
            store,
            reserve,
            inspect,
            clock=clock,
            max_file_bytes=settings.max_file_bytes,
            part_bytes=settings.part_bytes,
            ttl=timedelta(seconds=settings.session_ttl_s),
        ),
        inspect_upload=inspect,
        sign_parts=SignParts(uploads, part_signer),
        part_signer=part_signer,
        complete_upload=CompleteUpload(
            uploads, store, accept, reopen, abort, clean_up, clock=clock
        ),
        cancel_upload=CancelUpload(uploads, abort),
        attach_sidecar=AttachSidecar(uploads, blobs, store),
        receive_photo=ReceivePhoto(
            uploads,
            photos,
            store,
            reserve,
            accept,
            abort,
            clean_up,
            clock=clock,
            part_bytes=settings.part_bytes,
            ttl=timedelta(seconds=settings.stream_ttl_s),
            slots=FairSlots(
                SlotLimits(
                    slots=settings.streams,
                    per_owner=settings.streams_per_owner,
                    longest_wait_s=settings.stream_wait_s,
                )
            ),
            limits=StreamLimits(
                max_bytes=settings.max_file_bytes,
                idle_s=settings.stream_idle_s,
                bytes_per_s=settings.stream_bytes_per_s,
            ),
        ),
        find_photos_by_digest=FindPhotosByDigest(photos),
        get_usage=GetUsage(accounts, limits, clock=clock, max_file_bytes=settings.max_file_bytes),
        verify_photo=VerifyPhoto(photos, blobs),
        reject_photo=RejectPhoto(photos, release_photo, clock=clock),
        purge_photo=PurgePhoto(photos, release_photo, clock=clock),
        track_trash=TrackTrash(photos),
        confirm_photo=ConfirmPhoto(photos),
        reconciler=Reconciler(
            uploads,
            photos,
            blobs,
            accounts,
            store,
            accept=accept,
            inspect=inspect,
            abort=abort,
            clean_up=clean_up,
            release_photo=release_photo,
            release_blobs=release_blobs,
            repeat_photo=RepeatPhoto(uploads, photos, _waits(settings), clock=clock),
            clock=clock,
            stalled_after=timedelta(seconds=settings.stalled_after_s),
            orphan_after=timedelta(seconds=settings.orphan_after_s),
            interval_s=settings.sweep_interval_s,
        ),
    )


def relays(database: MongoDatabase, sender: RecordSender) -> tuple[OutboxRelay, OutboxRelay]:
    """Return the relays of `photo.uploaded` and of `upload.failed`."""
    lease_s = KafkaSettings().outbox_lease_s
    return (
        OutboxRelay(photos_collection(database), sender, "upload-photos", lease_s=lease_s),
        OutboxRelay(uploads_collection(database), sender, "upload-uploads", lease_s=lease_s),
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
    """Return the service in a role. What the caller passes in, the caller closes."""
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
    repositories = repositories_in(database, settings, clock=clock)
    idempotency = MongoIdempotencyStore(database)
    container = wire(repositories, store, Presigner(storage), settings, clock=clock)
    background: list[Background] = []
    # The api role needs no Kafka: a worker's relay sends what it writes.
    broker = None
    if role is not Role.API:
        broker = EventBroker(
            KafkaSettings(), "upload", routers=[subscribers.router], container=container
        )
    if broker is not None:
        for relay in relays(database, broker):
            setup.append(relay.ensure_indexes)
            background.append(Background("outbox", relay.run))
        background.append(Background("sweep", container.reconciler.run))
    setup += [
        repositories.uploads.ensure_indexes,
        repositories.photos.ensure_indexes,
        repositories.blobs.ensure_indexes,
        repositories.accounts.ensure_indexes,
        idempotency.ensure_indexes,
    ]
    return Service(
        name="upload",
        http=HttpSettings(),
        routers=[session_routes.router, direct_routes.router, usage_routes.router],
        broker=broker,
        background=background,
        setup=setup,
        checks=[ping_check(database), *checks],
        close=closing,
        methods_elsewhere={"/api/v1/photos": ["GET"]},
        idempotency=idempotency,
        container=container,
        authenticator=authenticator,
        public_url=storage.public_url,
    )
