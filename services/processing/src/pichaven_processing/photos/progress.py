"""Progress of one photo, told in order and without holding the work up."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from pichaven_contracts.photo import PhotoProgressed, PhotoUploaded, ProgressState
from pichaven_processing.imaging.step import Step, StepReport, StepState
from pichaven_processing.ports import Progress

_MOST_WAITING: Final = 64
_FLUSH_S: Final = 2


class ProgressTeller:
    """Sends reports from a task of its own; leaving the context waits a moment for the rest."""

    def __init__(self, progress: Progress, photo: PhotoUploaded) -> None:
        self._progress = progress
        self._photo = photo
        self._reports: asyncio.Queue[StepReport | None] = asyncio.Queue(_MOST_WAITING)
        self._task: asyncio.Task[None] | None = None
        self._step = Step.VERIFY_HASH

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._send_all())
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
        """Queue a report; one too many is dropped, as progress may be."""
        self._step = report.step
        with suppress(asyncio.QueueFull):
            self._reports.put_nowait(report)

    def start(self, step: Step) -> None:
        self(StepReport(step, StepState.STARTED))

    def done(self, step: Step) -> None:
        self(StepReport(step, StepState.DONE))

    def failed(self, message: str, *, again: bool = False) -> None:
        """The step that was under way ended badly; `again` says that it will be tried again."""
        state = StepState.RETRYING if again else StepState.FAILED
        self(StepReport(self._step, state, message))

    async def _send_all(self) -> None:
        while (report := await self._reports.get()) is not None:
            await self._progress.send_progress(
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
