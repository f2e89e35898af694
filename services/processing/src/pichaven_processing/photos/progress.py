"""Progress of one photo, published in order and without delaying the work."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from pichaven_chassis.events import ProgressPublisher
from pichaven_contracts.photo import PhotoProgressed, PhotoUploaded, ProgressState
from pichaven_processing.imaging.step import Step, StepReport, StepState

_MAX_QUEUED: Final = 64
_FLUSH_S: Final = 2


class ProgressReporter:
    """Publishes step reports from a task of its own; on exit waits briefly for the last ones."""

    def __init__(self, publisher: ProgressPublisher, photo: PhotoUploaded) -> None:
        self._publisher = publisher
        self._photo = photo
        self._reports: asyncio.Queue[StepReport | None] = asyncio.Queue(_MAX_QUEUED)
        self._task: asyncio.Task[None] | None = None
        self._step = Step.VERIFY_HASH

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._publish_all())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._task is not None
        with suppress(asyncio.QueueFull):
            self._reports.put_nowait(None)
        await asyncio.wait([self._task], timeout=_FLUSH_S)
        self._task.cancel()

    def __call__(self, report: StepReport) -> None:
        """Queue a report; drop it when the queue is full."""
        self._step = report.step
        with suppress(asyncio.QueueFull):
            self._reports.put_nowait(report)

    def start(self, step: Step) -> None:
        self(StepReport(step, StepState.STARTED))

    def finish(self, step: Step) -> None:
        self(StepReport(step, StepState.DONE))

    def fail(self, message: str, *, retry: bool = False) -> None:
        """Report that the step under way failed, and whether it will be retried."""
        state = StepState.RETRYING if retry else StepState.FAILED
        self(StepReport(self._step, state, message))

    async def _publish_all(self) -> None:
        while (report := await self._reports.get()) is not None:
            await self._publisher.send_progress(
                PhotoProgressed(
                    photo_id=self._photo.photo_id,
                    owner_id=self._photo.owner_id,
                    revision=self._photo.revision,
                    step=report.step.value,
                    state=ProgressState(report.state.value),
                    percent=report.percent,
                    message=report.message,
                )
            )
