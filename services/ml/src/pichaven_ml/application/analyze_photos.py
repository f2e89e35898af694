"""Analyse photos: embedding and tags from a variant, published once per photo."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from pichaven_chassis.events import EventMeta, EventPublisher, Permanent
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.storage import ObjectMissing, ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import (
    Lane,
    PhotoAnalyzed,
    PhotoProcessed,
    PhotoProgressed,
    ProgressState,
    Tag,
    Variant,
)
from pichaven_ml.application.batching import Urgency
from pichaven_ml.application.engine import Engine
from pichaven_ml.application.ports import ProgressSender
from pichaven_ml.domain.errors import TooManyPixels, UnreadablePicture
from pichaven_ml.domain.model import Vector

V = TypeVar("V")

_log = get_logger(__name__)
_READABLE: Final = ("jpeg", "webp")
"""In the order of what they cost to decode."""
_BEST_EDGE: Final = 800
_MAX_BYTES: Final = 16 << 20
_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Request:
    """One photo to analyse, and the delivery that asks for it."""

    photo: PhotoProcessed
    cause: EventMeta
    urgency: Urgency


def asked_by_upload(photo: PhotoProcessed, cause: EventMeta) -> Request:
    return Request(photo, cause, Urgency.FRESH_BULK if photo.lane is Lane.BULK else Urgency.FRESH)


class AnalyzePhotos:
    """May be repeated: the same cause gives the same event. One photo never fails another.

    A photo whose tagging fails is published with its embedding and says that tags are
    unavailable. At most `parallel` photos are in memory at a time, and as many again of those that
    are analysed anew: these wait for the model, and fresh ones must not wait for them. What a
    `candidate` publishes fills its own index and is not shown yet.
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
    ) -> None:
        self._engine = engine
        self._store = store
        self._publisher = publisher
        self._progress = progress
        self._candidate = candidate
        self._slots = asyncio.Semaphore(parallel)
        self._slots_again = asyncio.Semaphore(parallel)
        self._latest: OrderedDict[str, int] = OrderedDict()
        self._answered: OrderedDict[str, None] = OrderedDict()

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
        if cause.id in self._answered or self._is_old(photo):
            return
        again = request.urgency is Urgency.AGAIN
        async with self._slots_again if again else self._slots:
            try:
                # Nobody waits for progress, but its steps must come in their order.
                vector, _ = await asyncio.gather(
                    self._embed(request),
                    self._tell(photo, "embed", ProgressState.STARTED, 0),
                )
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
                    photo, "embed", ProgressState.RETRYING, 0, "It is tried again shortly."
                )
                raise
            await asyncio.gather(
                self._tell(photo, "embed", ProgressState.DONE, 70),
                self._publish(request, vector),
            )
            _remember(self._answered, cause.id, None)

    async def _embed(self, request: Request) -> Vector:
        variant = best_variant(request.photo.variants)
        data = await self._store.get(variant.key, max_bytes=_MAX_BYTES)
        return await self._engine.embed_picture(data, request.urgency)

    async def _publish(self, request: Request, vector: Vector) -> None:
        photo = request.photo
        tags, vocabulary = self._tags(photo, vector)
        # Decided once more, after the work: a newer revision may have overtaken this one.
        if self._is_old(photo):
            return
        await self._publisher.publish(
            PhotoAnalyzed(
                photo_id=photo.photo_id,
                owner_id=photo.owner_id,
                revision=photo.revision,
                model=self._engine.card.id,
                embedding=tuple(round(float(value), 7) for value in vector),
                tags=tags,
                tagging="unavailable" if vocabulary is None else "done",
                vocabulary=vocabulary,
                candidate=self._candidate,
            ),
            cause=request.cause,
        )
        _remember(self._latest, photo.photo_id, photo.revision)
        if vocabulary is None:
            await self._tell(
                photo, "tag", ProgressState.FAILED, 100, "Tags are not available just now."
            )
        else:
            await self._tell(photo, "tag", ProgressState.DONE, 100)

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


def _remember(known: "OrderedDict[str, V]", key: str, value: V) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
