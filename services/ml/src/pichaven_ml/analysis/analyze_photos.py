"""Run a step of the analysis for the photos of a batch."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from cachetools import LRUCache

from pichaven_chassis.events import EventPublisher, PermanentError
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.storage import ObjectMissing
from pichaven_contracts.photo import PhotoEvent, PhotoProcessed, PhotoProgressed, ProgressState
from pichaven_ml.analysis.photo_step import AnalysisRequest, PhotoStep, progress
from pichaven_ml.inference.batching import Urgency

ProgressSender = Callable[[PhotoProgressed], Awaitable[None]]
"""Publish progress; never raises."""

_log = get_logger(__name__)
_REMEMBERED_PHOTOS: Final = 10_000
_TICK: Final = timedelta(milliseconds=1)


class AnalyzePhotos:
    """May be repeated: the same cause gives the same events. One photo never fails another.

    At most `parallel` fresh photos are in memory at a time, and as many reanalysed ones, which
    must not hold up fresh ones.
    """

    def __init__(
        self,
        step: PhotoStep,
        publisher: EventPublisher,
        send_progress: ProgressSender,
        *,
        parallel: int,
    ) -> None:
        self._step = step
        self._publisher = publisher
        self._send_progress = send_progress
        self._fresh_slots = asyncio.Semaphore(parallel)
        self._reanalysis_slots = asyncio.Semaphore(parallel)
        self._latest: LRUCache[str, int] = LRUCache(_REMEMBERED_PHOTOS)
        self._done: LRUCache[str, None] = LRUCache(_REMEMBERED_PHOTOS)

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

    def forget(self, photo_id: str) -> None:
        """Publish nothing more of a purged photo, even if its step is running."""
        self._latest[photo_id] = sys.maxsize

    async def _analyze(self, request: AnalysisRequest) -> None:
        photo, cause = request.photo, request.cause
        if cause.id in self._done or self._is_old(photo):
            return
        reanalysis = request.urgency is Urgency.REANALYSIS
        async with self._reanalysis_slots if reanalysis else self._fresh_slots:
            try:
                # Publishing progress takes no extra time, but its steps must keep their order.
                events, _ = await asyncio.gather(
                    self._step(request),
                    self._report(photo, ProgressState.STARTED, self._step.percent),
                )
            except ObjectMissing:
                # Purged or replaced meanwhile; otherwise the reconciler requests it again.
                _log.warning("variant_missing", photo_id=photo.photo_id, revision=photo.revision)
                return
            except PermanentError:
                await self._report(photo, ProgressState.FAILED, 0, "The preview could not be read.")
                raise
            except Exception:
                await self._report(photo, ProgressState.RETRYING, 0, "It is tried again shortly.")
                raise
            # Checked again after the work: a newer revision may have been published meanwhile.
            if self._is_old(photo):
                return
            for event in events:
                await self._publish(event, request)
            self._latest[photo.photo_id] = photo.revision
            self._done[cause.id] = None

    async def _publish(self, event: PhotoEvent, request: AnalysisRequest) -> None:
        if isinstance(event, PhotoProgressed):
            await self._send_progress(event)
            return
        if request.requested_at is not None:
            occurred_at = max(event.occurred_at, request.requested_at + _TICK)
            event = event.model_copy(update={"occurred_at": occurred_at})
        await self._publisher.publish(event, cause=request.cause)

    def _is_old(self, photo: PhotoProcessed) -> bool:
        return self._latest.get(photo.photo_id, 0) > photo.revision

    async def _report(
        self, photo: PhotoProcessed, state: ProgressState, percent: int, message: str | None = None
    ) -> None:
        await self._send_progress(progress(photo, self._step.name, state, percent, message))
