"""Derive from a stored original all that the library shows of it, and publish the outcome."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_chassis.events import EventMeta, EventPublisher, PermanentError, ProgressPublisher
from pichaven_chassis.logging import get_logger
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import (
    Colour,
    Exif,
    Lane,
    Location,
    PhotoProcessed,
    PhotoRejected,
    PhotoUploaded,
    TakenAt,
    Variant,
)
from pichaven_contracts.topics import RETRY_TIERS
from pichaven_processing.imaging.facts import CaptureTime, Facts, Metadata
from pichaven_processing.imaging.pool import ImagingPool
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import Step
from pichaven_processing.lanes import LaneGate
from pichaven_processing.photos.derived_keys import PIPELINE_VERSION, photo_prefix
from pichaven_processing.photos.fetch_original import FetchOriginal, OriginalMissing
from pichaven_processing.photos.fetch_sidecar import FetchSidecar
from pichaven_processing.photos.progress import ProgressReporter
from pichaven_processing.photos.purge_photo import PurgePhoto, RecentPurges
from pichaven_processing.photos.store_variants import StoreVariants
from pichaven_processing.spool import Spool

_log = get_logger(__name__)

LAST_ATTEMPT: Final = RETRY_TIERS
"""`EventMeta.attempt` of the delivery after which a record is dead-lettered."""

_OWNER_MESSAGES: Final = {
    FailureKind.CRASH: "The picture could not be read: reading it ended unexpectedly.",
    FailureKind.MEMORY: "The picture needs more memory than one picture may take.",
    FailureKind.TIMEOUT: "The picture took too long to read.",
    FailureKind.ERROR: "The picture could not be processed.",
}


class ProcessPhoto:
    """Ends in `photo.processed` or `photo.rejected`, or raises to be retried.

    Idempotent: keys and event ids are the same each time. The photo's purge may run at the same
    moment; the README has why nothing is left behind.
    """

    def __init__(
        self,
        *,
        store: ObjectStore,
        publisher: EventPublisher,
        progress: ProgressPublisher,
        imaging: Mapping[Lane, ImagingPool],
        spool: Spool,
        gate: LaneGate,
        fetch_original: FetchOriginal,
        purges: RecentPurges,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._progress = progress
        self._imaging = imaging
        self._spool = spool
        self._gate = gate
        self._fetch_original = fetch_original
        self._purges = purges
        self._fetch_sidecar = FetchSidecar(store)
        self._store_variants = StoreVariants(store)
        self._purge = PurgePhoto(store, purges)

    async def __call__(
        self, photo: PhotoUploaded, *, cause: EventMeta, lane: Lane, reprocess: bool = False
    ) -> None:
        """`reprocess` says that the photo may have variants already. As long as it has, a failure
        rejects nothing and the record is dead-lettered instead.
        """
        if photo.photo_id in self._purges:
            # An attempt that failed, here or in another replica, may have written since.
            await self._purge(photo.owner_id, photo.photo_id)
            return
        async with ProgressReporter(self._progress, photo) as progress:
            try:
                facts, variants = await self._derive(photo, lane, progress)
            except Rejected as rejected:
                progress.fail(rejected.message)
                await self._reject(photo, rejected, cause, keep_variants=reprocess)
                return
            except (ChildFailed, OriginalMissing) as failure:
                message = _owner_message(failure)
                if cause.attempt < LAST_ATTEMPT and not _is_final(
                    failure, cause.attempt, self._imaging[lane].timeout_s
                ):
                    progress.fail(f"{message} It will be tried again.", retry=True)
                    raise
                progress.fail(message)
                _log.exception(
                    "photo_retries_exhausted", photo_id=photo.photo_id, attempt=cause.attempt
                )
                rejection = Rejected(RejectionCode.PROCESSING_FAILED, message)
                # The bytes are not to blame, so another delivery may have made the variants.
                await self._reject(photo, rejection, cause, keep_variants=True)
                return
            except Exception:
                if photo.photo_id in self._purges:
                    await self._purge(photo.owner_id, photo.photo_id)
                    return
                progress.fail("An internal error. It will be tried again.", retry=True)
                raise
            if photo.photo_id in self._purges:
                # Purged meanwhile, and perhaps before the variants were written.
                await self._purge(photo.owner_id, photo.photo_id)
                return
            await self._publisher.publish(_to_event(photo, facts, variants), cause=cause)

    async def _derive(
        self, photo: PhotoUploaded, lane: Lane, progress: ProgressReporter
    ) -> tuple[Facts, tuple[Variant, ...]]:
        async with self._spool.workspace() as workspace:
            progress.start(Step.VERIFY_HASH)
            await self._fetch_original(photo, workspace.original)
            await self._fetch_sidecar(photo, workspace.sidecar)
            progress.finish(Step.VERIFY_HASH)
            async with self._gate.slot(lane):
                facts = await self._imaging[lane](workspace, progress)
            progress.start(Step.STORE)
            variants = await self._store_variants(photo, facts, workspace)
            progress.finish(Step.STORE)
            return facts, variants

    async def _reject(
        self, photo: PhotoUploaded, rejected: Rejected, cause: EventMeta, *, keep_variants: bool
    ) -> None:
        if keep_variants and await self._has_variants(photo):
            raise PermanentError(f"{rejected.code}: the photo keeps the variants that it has")
        await self._publisher.publish(
            PhotoRejected(
                photo_id=photo.photo_id,
                owner_id=photo.owner_id,
                revision=photo.revision,
                sha256=photo.sha256,
                object_key=photo.object_key,
                code=rejected.code.value,
                message=rejected.message,
            ),
            cause=cause,
        )
        _log.info("photo_rejected", photo_id=photo.photo_id, code=rejected.code.value)

    async def _has_variants(self, photo: PhotoUploaded) -> bool:
        async for _ in self._store.list(photo_prefix(photo.owner_id, photo.photo_id)):
            return True
        return False


def _is_final(failure: ChildFailed | OriginalMissing, attempt: int, timeout_s: float) -> bool:
    """Whether another attempt would fail alike.

    A decoder that computed for most of its time is not done with more, so that is the file's at
    once. A fault, too little memory and a decoder that stands still are when they come twice;
    only a process that others kept from running may time out again.
    """
    if not isinstance(failure, ChildFailed):
        return False
    times = failure.run_time
    if failure.kind is FailureKind.TIMEOUT and times is not None:
        if times.running > timeout_s / 2:
            return True
        return attempt > 0 and not failure.was_kept_from_running(timeout_s)
    return attempt > 0 and (failure.is_fault or failure.kind is FailureKind.MEMORY)


def _owner_message(failure: ChildFailed | OriginalMissing) -> str:
    if isinstance(failure, ChildFailed):
        return _OWNER_MESSAGES[failure.kind]
    return "The original is not in storage."


def _to_event(photo: PhotoUploaded, facts: Facts, variants: tuple[Variant, ...]) -> PhotoProcessed:
    metadata = facts.metadata
    place = metadata.place
    return PhotoProcessed(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        revision=photo.revision,
        pipeline_version=PIPELINE_VERSION,
        sha256=photo.sha256,
        object_key=photo.object_key,
        content_type=facts.content_type,
        size=photo.size,
        width=facts.width,
        height=facts.height,
        variants=variants,
        blurhash=facts.blurhash,
        phash=facts.phash,
        palette=tuple(Colour(hex=colour.hex, share=colour.share) for colour in facts.palette),
        exif=_to_exif(metadata),
        taken_at=_to_taken_at(metadata.taken_at, photo),
        location=Location(**asdict(place)) if place else None,
        rating=metadata.rating,
        title=metadata.title,
        caption=metadata.caption,
        keywords=metadata.keywords,
        lane=photo.lane,
    )


def _to_exif(metadata: Metadata) -> Exif:
    return Exif(
        camera=metadata.camera,
        lens=metadata.lens,
        iso=metadata.iso,
        aperture=metadata.aperture,
        shutter=metadata.shutter,
        focal_length=metadata.focal_length,
    )


def _to_taken_at(capture_time: CaptureTime | None, photo: PhotoUploaded) -> TakenAt | None:
    """Return the file's own time, else the client's claim."""
    if capture_time is not None:
        return TakenAt.model_validate(asdict(capture_time))
    return TakenAt(at=photo.taken_at, source="client") if photo.taken_at else None
