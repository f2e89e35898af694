"""Analyse photos: embedding and tags first, for which people wait, then what is written there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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
from pichaven_ml.models.encoder import ProgressSender
from pichaven_ml.text_reading.read_text import ReadText
from pichaven_ml.text_reading.reading import OFF, Reading

_log = get_logger(__name__)
_READABLE: Final = ("jpeg", "webp")
"""In the order of what they cost to decode."""
_BEST_EDGE: Final = 800
_MAX_BYTES: Final = 16 << 20
_REMEMBERED: Final = 10_000
_VECTORS: Final = 1_000
"""Kept for the photos whose text is still to be read: a few kilobytes each."""
_FOR_TEXT: Final = "text"
_TAGGED: Final = 90
"""Percent of the way, where text is still to be read."""
_JUST_LATER: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Request:
    """One photo to analyse, and the delivery that asks for it."""

    photo: PhotoProcessed
    cause: EventMeta
    urgency: Urgency
    asked_at: datetime | None = None
    """When it was asked for anew: the answer is later, whatever this machine's clock says."""
    for_text: bool = False
    """Embedding and tags are known; nobody is told of them again."""
    known: Reading | None = None
    """What is written there, where that was read before; it is not read again."""


def asked_by_upload(photo: PhotoProcessed, cause: EventMeta) -> Request:
    return Request(photo, cause, Urgency.FRESH_BULK if photo.lane is Lane.BULK else Urgency.FRESH)


def asked_anew(asked: PhotoReanalyzeRequested, cause: EventMeta) -> Request:
    return Request(
        asked.processed,
        cause,
        Urgency.AGAIN,
        asked_at=asked.occurred_at,
        for_text=asked.reason == _FOR_TEXT,
    )


class AnalyzePhotos:
    """May be repeated: the same cause gives the same event. One photo never fails another.

    A photo whose tagging fails is published with its embedding and says that tags are
    unavailable. At most `parallel` photos are in memory at a time, and as many again of those that
    are analysed anew: these wait for the model, and fresh ones must not wait for them. What a
    `candidate` publishes fills its own index and is not shown yet.

    With `read`, a fresh photo is published without its text and asked for anew at once, so that
    it is found by what it shows while its text waits for its turn; whatever is analysed anew is
    published once, text included, and so is everything of a `candidate`, for which nobody waits.
    See docs/adr/0016-text-in-pictures.md.
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
        read: ReadText | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._publisher = publisher
        self._progress = progress
        self._candidate = candidate
        self._read = read
        self._slots = asyncio.Semaphore(parallel)
        self._slots_again = asyncio.Semaphore(parallel)
        self._latest: LRUCache[str, int] = LRUCache(_REMEMBERED)
        self._answered: LRUCache[str, None] = LRUCache(_REMEMBERED)
        self._vectors: LRUCache[str, Vector] = LRUCache(_VECTORS)

    async def __call__(self, requests: Sequence[Request]) -> None:
        """Raises the first failure after all photos have been tried.

        What succeeded is remembered, so that a second try of the whole does only the rest.
        """
        ordered = sorted(requests, key=lambda request: request.urgency)
        outcomes = await asyncio.gather(
            *(self._analyze(request) for request in ordered), return_exceptions=True
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for failure in sorted(failures, key=is_outage, reverse=True):
            raise failure

    async def _analyze(self, request: Request) -> None:
        photo, cause = request.photo, request.cause
        # A text is read again when it is asked for again: the photo has been told of without it.
        answered = cause.id in self._answered and not request.for_text
        if answered or self._is_old(photo):
            return
        if request.for_text and (self._read is None or self._candidate):
            return
        again = request.urgency is Urgency.AGAIN
        async with self._slots_again if again else self._slots:
            step = "embed"
            try:
                vector = await self._look(request)
                step = "read_text"
                reading = await self._reading(request)
            except ObjectMissing:
                # Purged or replaced meanwhile; if it was neither, the sweeper asks again.
                _log.warning("variant_missing", photo_id=photo.photo_id, revision=photo.revision)
                return
            except (UnreadablePicture, TooManyPixels, ObjectTooLarge) as error:
                await self._tell(
                    photo, "embed", ProgressState.FAILED, 0, "The preview could not be read."
                )
                raise Permanent(f"variant of {photo.photo_id}: {error}") from error
            except Exception:
                await self._tell(
                    photo, step, ProgressState.RETRYING, 0, "It is tried again shortly."
                )
                raise
            await self._publish(request, vector, reading)
            if self._read is not None and not again and not self._candidate:
                await self._ask_for_text(request, vector)
            self._answered[cause.id] = None

    async def _look(self, request: Request) -> Vector:
        variant = best_variant(request.photo.variants)
        if request.for_text:
            known = self._vectors.pop(variant.key, None)
            return await self._embed(variant, request.urgency) if known is None else known
        # Nobody waits for progress, but its steps must come in their order.
        vector, _ = await asyncio.gather(
            self._embed(variant, request.urgency),
            self._tell(request.photo, "embed", ProgressState.STARTED, 0),
        )
        return vector

    async def _embed(self, variant: Variant, urgency: Urgency) -> Vector:
        data = await self._store.get(variant.key, max_bytes=_MAX_BYTES)
        return await self._engine.embed_picture(data, urgency)

    async def _reading(self, request: Request) -> Reading:
        if request.known is not None:
            return request.known
        later = request.urgency is not Urgency.AGAIN and not self._candidate
        if self._read is None or later:
            return OFF
        await self._tell(request.photo, "read_text", ProgressState.STARTED, _TAGGED)
        return await self._read(request.photo)

    async def _ask_for_text(self, request: Request, vector: Vector) -> None:
        """Asked of the topic, not of this process: it is read even if this one ends now."""
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

    async def _publish(self, request: Request, vector: Vector, reading: Reading) -> None:
        photo = request.photo
        tags, vocabulary = self._tags(photo, vector)
        # Decided once more, after the work: a newer revision may have overtaken this one.
        if self._is_old(photo):
            return
        now = utc_now()
        analyzed = PhotoAnalyzed(
            photo_id=photo.photo_id,
            owner_id=photo.owner_id,
            occurred_at=max(now, request.asked_at + _JUST_LATER) if request.asked_at else now,
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
        told = [] if request.for_text else [self._tell(photo, "embed", ProgressState.DONE, 70)]
        await asyncio.gather(*told, self._publisher.publish(analyzed, cause=request.cause))
        self._latest[photo.photo_id] = photo.revision
        if not request.for_text:
            await self._tell_tagged(photo, tagged=vocabulary is not None)
        if reading.state == "unavailable":
            await self._tell(
                photo, "read_text", ProgressState.FAILED, 100, "Text could not be read."
            )
        elif reading.state == "done":
            await self._tell(photo, "read_text", ProgressState.DONE, 100)

    async def _tell_tagged(self, photo: PhotoProcessed, *, tagged: bool) -> None:
        percent = 100 if self._read is None else _TAGGED
        if tagged:
            await self._tell(photo, "tag", ProgressState.DONE, percent)
        else:
            await self._tell(
                photo, "tag", ProgressState.FAILED, percent, "Tags are not available just now."
            )

    def _tags(self, photo: PhotoProcessed, vector: Vector) -> tuple[tuple[Tag, ...], str | None]:
        """The tags and the vocabulary's version; no version means that tagging failed."""
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

    async def _tell(
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
    """The 800 px JPEG or WebP, else the nearest that has enough pixels.

    Raises `Permanent` if there is no variant in a format that can be read here.
    """
    readable = [variant for variant in variants if variant.format in _READABLE]
    if not readable:
        raise Permanent("the photo has no JPEG or WebP variant")

    def distance(variant: Variant) -> tuple[bool, int, int]:
        edge = int(variant.name) if variant.name.isdecimal() else 0
        return edge < _BEST_EDGE, abs(edge - _BEST_EDGE), _READABLE.index(variant.format)

    return min(readable, key=distance)
