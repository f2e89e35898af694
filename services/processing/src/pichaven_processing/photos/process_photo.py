"""Make of a stored original everything that the library shows of it, and tell what became of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from pichaven_chassis.events import EventMeta, EventPublisher, Permanent
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
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import Step
from pichaven_processing.lanes import LaneGate
from pichaven_processing.photos.derived_keys import PIPELINE_VERSION, photo_prefix
from pichaven_processing.photos.fetch_original import FetchOriginal, OriginalMissing
from pichaven_processing.photos.progress import ProgressTeller
from pichaven_processing.photos.purge_photo import RecentPurges, RemoveDerived
from pichaven_processing.photos.store_variants import StoreVariants
from pichaven_processing.ports import Imaging, ImagingFailed, Progress, Spool

_log = get_logger(__name__)

LAST_ATTEMPT: Final = RETRY_TIERS
"""`EventMeta.attempt` of the delivery after which a record goes to the dead letters."""


class ProcessPhoto:
    """Ends in `photo.processed` or `photo.rejected`, or raises to be tried again.

    May run twice and late: keys and event ids are the same each time. The photo's purge may run
    at the same moment; see the README for why nothing is left then.
    """

    def __init__(
        self,
        *,
        store: ObjectStore,
        publisher: EventPublisher,
        progress: Progress,
        imaging: Mapping[Lane, Imaging],
        spool: Spool,
        gate: LaneGate,
        fetch: FetchOriginal,
        purges: RecentPurges,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._progress = progress
        self._imaging = imaging
        self._spool = spool
        self._gate = gate
        self._fetch = fetch
        self._purges = purges
        self._put = StoreVariants(store)
        self._remove = RemoveDerived(store, purges)

    async def __call__(
        self, photo: PhotoUploaded, *, cause: EventMeta, lane: Lane, again: bool = False
    ) -> None:
        """`again` says that the photo may have been processed before: then a failure is no
        rejection as long as the photo has variants, and goes to the dead letters instead.
        """
        if photo.photo_id in self._purges:
            # An attempt that failed, here or in another replica, may have written since.
            await self._remove(photo.owner_id, photo.photo_id)
            return
        async with ProgressTeller(self._progress, photo) as tell:
            try:
                facts, variants = await self._make(photo, lane, tell)
            except Rejected as rejected:
                tell.failed(rejected.message)
                await self._reject(photo, rejected, cause, again=again)
                return
            except (ImagingFailed, OriginalMissing) as failure:
                if cause.attempt < LAST_ATTEMPT:
                    tell.failed(f"{_in_words(failure)} It will be tried again.", again=True)
                    raise
                tell.failed(_in_words(failure))
                _log.exception("photo_given_up", photo_id=photo.photo_id, attempt=cause.attempt)
                given_up = Rejected(RejectionCode.PROCESSING_FAILED, _in_words(failure))
                # The bytes are not to blame, so another delivery may have made the variants.
                await self._reject(photo, given_up, cause, again=True)
                return
            except Exception:
                if photo.photo_id in self._purges:
                    await self._remove(photo.owner_id, photo.photo_id)
                    return
                tell.failed("An internal error. It will be tried again.", again=True)
                raise
            if photo.photo_id in self._purges:
                # Purged while at work, and perhaps before the variants were written.
                await self._remove(photo.owner_id, photo.photo_id)
                return
            await self._publisher.publish(_processed(photo, facts, variants), cause=cause)

    async def _make(
        self, photo: PhotoUploaded, lane: Lane, tell: ProgressTeller
    ) -> tuple[Facts, tuple[Variant, ...]]:
        async with self._spool.folder() as folder:
            tell.start(Step.VERIFY_HASH)
            await self._fetch(photo, folder.original)
            tell.done(Step.VERIFY_HASH)
            async with self._gate.place(lane):
                facts = await self._imaging[lane](folder, tell)
            tell.start(Step.STORE)
            variants = await self._put(photo, facts, folder)
            tell.done(Step.STORE)
            return facts, variants

    async def _reject(
        self, photo: PhotoUploaded, rejected: Rejected, cause: EventMeta, *, again: bool
    ) -> None:
        if again and await self._has_variants(photo):
            raise Permanent(f"{rejected.code}: the photo keeps the variants that it has")
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


def _in_words(failure: ImagingFailed | OriginalMissing) -> str:
    if isinstance(failure, ImagingFailed):
        return failure.message
    return "The original is not in storage."


def _processed(photo: PhotoUploaded, facts: Facts, variants: tuple[Variant, ...]) -> PhotoProcessed:
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
        palette=tuple(Colour(hex=one.hex, share=one.share) for one in facts.palette),
        exif=_exif(metadata),
        taken_at=_taken_at(metadata.taken_at, photo),
        location=Location(**asdict(place)) if place else None,
        rating=metadata.rating,
        caption=metadata.caption,
        keywords=metadata.keywords,
        lane=photo.lane,
    )


def _exif(metadata: Metadata) -> Exif:
    return Exif(
        camera=metadata.camera,
        lens=metadata.lens,
        iso=metadata.iso,
        aperture=metadata.aperture,
        shutter=metadata.shutter,
        focal_length=metadata.focal_length,
    )


def _taken_at(told: CaptureTime | None, photo: PhotoUploaded) -> TakenAt | None:
    """The file's own time, else what the client claimed."""
    if told is not None:
        return TakenAt.model_validate(
            {"at": told.at, "offset_minutes": told.offset_minutes, "source": told.source}
        )
    return TakenAt(at=photo.taken_at, source="client") if photo.taken_at else None
