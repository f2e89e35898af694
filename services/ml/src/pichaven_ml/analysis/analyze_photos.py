"""Analyse photos: embedding and tags first, for which users wait, then their text."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from cachetools import LRUCache

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import EventMeta, EventPublisher, Permanent
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.storage import ObjectMissing, ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import (
    Lane,
    PhotoAnalyzed,
    PhotoProcessed,
    PhotoProgressed,
    PhotoReanalyzeRequested,
    ProgressState,
    Tag,
    Variant,
)
from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.engine import Engine
from pichaven_ml.inference.errors import TooManyPixels, UnreadablePicture
from pichaven_ml.models.card import Vector
from pichaven_ml.text_reading.read_text import ReadText
from pichaven_ml.text_reading.reading import OFF, Reading

ProgressSender = Callable[[PhotoProgressed], Awaitable[None]]
"""Publish progress; never raises."""

_log = get_logger(__name__)
_READABLE: Final = ("jpeg", "webp")
"""Ordered by the cost of decoding."""
_BEST_EDGE: Final = 800
_MAX_BYTES: Final = 16 << 20
_REMEMBERED_PHOTOS: Final = 10_000
_CACHED_VECTORS: Final = 1_000
"""Of photos whose text is still to be read: a few kilobytes each."""
_FOR_TEXT: Final = "text"
_TAGGED_PERCENT: Final = 90
"""Where text is still to be read."""
_TICK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """A photo to analyse, and the event that requests it."""

    photo: PhotoProcessed
    cause: EventMeta
    urgency: Urgency
    requested_at: datetime | None = None
    """When reanalysis was requested: the result is later, whatever this machine's clock says."""
    for_text: bool = False
    """Embedding and tags are published; progress of them is not reported again."""
    reading: Reading | None = None
    """The text where it was read before; it is not read again."""

    @classmethod
    def from_processed(cls, photo: PhotoProcessed, cause: EventMeta) -> Self:
        return cls(photo, cause, Urgency.FRESH_BULK if photo.lane is Lane.BULK else Urgency.FRESH)

    @classmethod
    def from_reanalyze_requested(cls, event: PhotoReanalyzeRequested, cause: EventMeta) -> Self:
        return cls(
            event.processed,
            cause,
            Urgency.REANALYSIS,
            requested_at=event.occurred_at,
            for_text=event.reason == _FOR_TEXT,
        )


class AnalyzePhotos:
    """May be repeated: the same cause gives the same event. One photo never fails another.

    A photo whose tagging fails is published with its embedding and `tagging: "unavailable"`. At
    most `parallel` fresh photos are in memory at a time, and as many reanalysed ones, which wait
    for the model and must not hold up fresh ones. A `candidate` publishes for its own index.

    With `read_text`, a fresh photo is published without its text and reanalysis is requested at
    once, so that it is searchable before its text is read. A reanalysed photo is published once,
    with its text, and so is every photo of a `candidate`. See docs/adr/0016-text-in-pictures.md.
    """

    def __init__(
        self,
        engine: Engine,
        store: ObjectStore,
        publisher: EventPublisher,
        progress: ProgressSender,
        *,
        parallel: int,
        candidate: bool = False,
        read_text: ReadText | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._publisher = publisher
        self._progress = progress
        self._candidate = candidate
        self._read_text = read_text
        self._fresh_slots = asyncio.Semaphore(parallel)
        self._reanalysis_slots = asyncio.Semaphore(parallel)
        self._latest: LRUCache[str, int] = LRUCache(_REMEMBERED_PHOTOS)
        self._done: LRUCache[str, None] = LRUCache(_REMEMBERED_PHOTOS)
        self._vectors: LRUCache[str, Vector] = LRUCache(_CACHED_VECTORS)

    async def __call__(self, requests: Sequence[AnalysisRequest]) -> None:
        """Raise the first failure, outages first, after all photos have been tried.

        Photos that succeeded are remembered, so that a retry of the batch does only the others.
        """
        ordered = sorted(requests, key=lambda request: request.urgency)
        outcomes = await asyncio.gather(
            *(self._analyze(request) for request in ordered), return_exceptions=True
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for failure in sorted(failures, key=is_outage, reverse=True):
            raise failure

    async def _analyze(self, request: AnalysisRequest) -> None:
        photo, cause = request.photo, request.cause
        # A text request is always repeated: the photo may have been published without it since.
        done = cause.id in self._done and not request.for_text
        if done or self._is_old(photo):
            return
        if request.for_text and (self._read_text is None or self._candidate):
            return
        reanalysis = request.urgency is Urgency.REANALYSIS
        async with self._reanalysis_slots if reanalysis else self._fresh_slots:
            step = "embed"
            try:
                vector = await self._embed(request)
                step = "read_text"
                reading = await self._read(request)
            except ObjectMissing:
                # Purged or replaced meanwhile; otherwise the reconciler requests it again.
                _log.warning("variant_missing", photo_id=photo.photo_id, revision=photo.revision)
                return
            except (UnreadablePicture, TooManyPixels, ObjectTooLarge) as error:
                await self._report(
                    photo, "embed", ProgressState.FAILED, 0, "The preview could not be read."
                )
                raise Permanent(f"variant of {photo.photo_id}: {error}") from error
            except Exception:
                await self._report(
                    photo, step, ProgressState.RETRYING, 0, "It is tried again shortly."
                )
                raise
            await self._publish(request, vector, reading)
            if self._read_text is not None and not reanalysis and not self._candidate:
                await self._request_text(request, vector)
            self._done[cause.id] = None

    async def _embed(self, request: AnalysisRequest) -> Vector:
        variant = best_variant(request.photo.variants)
        if request.for_text:
            cached = self._vectors.pop(variant.key, None)
            return await self._embed_variant(variant, request) if cached is None else cached
        # Publishing progress takes no extra time, but its steps must keep their order.
        vector, _ = await asyncio.gather(
            self._embed_variant(variant, request),
            self._report(request.photo, "embed", ProgressState.STARTED, 0),
        )
        return vector

    async def _embed_variant(self, variant: Variant, request: AnalysisRequest) -> Vector:
        picture = await self._store.get(variant.key, max_bytes=_MAX_BYTES)
        return await self._engine.embed_picture(picture, request.urgency)

    async def _read(self, request: AnalysisRequest) -> Reading:
        if request.reading is not None:
            return request.reading
        later = request.urgency is not Urgency.REANALYSIS and not self._candidate
        if self._read_text is None or later:
            return OFF
        await self._report(request.photo, "read_text", ProgressState.STARTED, _TAGGED_PERCENT)
        return await self._read_text(request.photo)

    async def _request_text(self, request: AnalysisRequest, vector: Vector) -> None:
        """Request the text through Kafka, so that it is read even if this process ends now."""
        photo = request.photo
        self._vectors[best_variant(photo.variants).key] = vector
        await self._publisher.publish(
            PhotoReanalyzeRequested(
                photo_id=photo.photo_id,
                owner_id=photo.owner_id,
                processed=photo,
                reason=_FOR_TEXT,
            ),
            cause=request.cause,
        )

    async def _publish(self, request: AnalysisRequest, vector: Vector, reading: Reading) -> None:
        photo = request.photo
        tags, vocabulary = self._tags(photo, vector)
        # Checked again after the work: a newer revision may have been published meanwhile.
        if self._is_old(photo):
            return
        now = utc_now()
        analyzed = PhotoAnalyzed(
            photo_id=photo.photo_id,
            owner_id=photo.owner_id,
            occurred_at=max(now, request.requested_at + _TICK) if request.requested_at else now,
            revision=photo.revision,
            model=self._engine.card.id,
            embedding=tuple(round(float(value), 7) for value in vector),
            tags=tags,
            tagging="unavailable" if vocabulary is None else "done",
            vocabulary=vocabulary,
            text=reading.text,
            reading=reading.state,
            candidate=self._candidate,
        )
        progress = (
            [] if request.for_text else [self._report(photo, "embed", ProgressState.DONE, 70)]
        )
        await asyncio.gather(*progress, self._publisher.publish(analyzed, cause=request.cause))
        self._latest[photo.photo_id] = photo.revision
        if not request.for_text:
            await self._report_tags(photo, tagged=vocabulary is not None)
        if reading.state == "unavailable":
            await self._report(
                photo, "read_text", ProgressState.FAILED, 100, "Text could not be read."
            )
        elif reading.state == "done":
            await self._report(photo, "read_text", ProgressState.DONE, 100)

    async def _report_tags(self, photo: PhotoProcessed, *, tagged: bool) -> None:
        percent = 100 if self._read_text is None else _TAGGED_PERCENT
        if tagged:
            await self._report(photo, "tag", ProgressState.DONE, percent)
        else:
            await self._report(
                photo, "tag", ProgressState.FAILED, percent, "Tags are not available just now."
            )

    def _tags(self, photo: PhotoProcessed, vector: Vector) -> tuple[tuple[Tag, ...], str | None]:
        """Return the tags and the vocabulary's version, which is None if tagging failed."""
        tagger = self._engine.tagger
        if tagger is None:
            return (), None
        try:
            return tagger(vector), tagger.vocabulary
        except Exception:
            _log.exception("tagging_failed", photo_id=photo.photo_id)
            return (), None

    def _is_old(self, photo: PhotoProcessed) -> bool:
        return self._latest.get(photo.photo_id, 0) > photo.revision

    async def _report(
        self,
        photo: PhotoProcessed,
        step: str,
        state: ProgressState,
        percent: int,
        message: str | None = None,
    ) -> None:
        await self._progress(
            PhotoProgressed(
                photo_id=photo.photo_id,
                owner_id=photo.owner_id,
                revision=photo.revision,
                step=step,
                state=state,
                percent=percent,
                message=message,
            )
        )


def best_variant(variants: Sequence[Variant]) -> Variant:
    """Return the 800 px JPEG or WebP, else the nearest variant with enough pixels.

    Raises `Permanent` if there is no variant in a readable format.
    """
    readable = [variant for variant in variants if variant.format in _READABLE]
    if not readable:
        raise Permanent("the photo has no JPEG or WebP variant")

    def distance(variant: Variant) -> tuple[bool, int, int]:
        edge = int(variant.name) if variant.name.isdecimal() else 0
        return edge < _BEST_EDGE, abs(edge - _BEST_EDGE), _READABLE.index(variant.format)

    return min(readable, key=distance)
