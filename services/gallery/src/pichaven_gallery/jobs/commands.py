"""Starting jobs and running them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_gallery.access.viewer import User, Viewer
from pichaven_gallery.jobs.model import (
    MAX_ATTEMPTS,
    Failure,
    Job,
    JobState,
    PhotoQuery,
)
from pichaven_gallery.jobs.queries import GetJob
from pichaven_gallery.jobs.repository import JobRepository
from pichaven_gallery.jobs.selection import SelectPhotos
from pichaven_gallery.photos.capture_time import whole_ms
from pichaven_gallery.photos.run_batch import BatchAction, BatchValues, RunBatch
from pichaven_gallery.sweeps import Sweep

_LEASE: Final = timedelta(seconds=30)
"""Much longer than a step takes; after it, another process repeats the step."""
_MAX_JOBS: Final = 20
"""Worked on in one pass, a step each."""
_MAX_DELETED: Final = 20


class StartJob:
    """Create a job on photos of a query, on those named, or on those that another job changed.

    Raises `TooManyJobs`, and `NotFound` where there is no such other job.
    """

    def __init__(
        self,
        jobs: JobRepository,
        get_job: GetJob,
        wake: Callable[[], None],
        clock: Clock,
        *,
        chunk: int,
    ) -> None:
        self._jobs = jobs
        self._get_job = get_job
        self._wake = wake
        self._clock = clock
        self._chunk = chunk

    async def __call__(
        self,
        viewer: Viewer,
        action: BatchAction,
        values: BatchValues,
        *,
        query: PhotoQuery | None = None,
        photo_ids: Sequence[str] = (),
        changed_by: str | None = None,
    ) -> str:
        job = Job(
            job_id=new_id(),
            owner_id=viewer.user_id,
            created_at=self._clock(),
            action=action,
            values=values,
            query=query,
            changed_by=changed_by,
        )
        if changed_by is not None:
            await self._get_job(changed_by, viewer)
        if query is None and changed_by is None:
            await self._add_with_photos(job, list(dict.fromkeys(photo_ids)))
        else:
            await self._jobs.add(job)
        self._wake()
        return job.job_id

    async def _add_with_photos(self, job: Job, photo_ids: Sequence[str]) -> None:
        """Store the photos behind a job that nobody runs yet; it is deleted if this is cut off."""
        now = self._clock()
        lease_until = whole_ms(now + _LEASE)
        received = replace(job, state=JobState.RECEIVING, lease_until=lease_until)
        await self._jobs.add(received)
        after = received
        for start in range(0, len(photo_ids), self._chunk):
            chunk = photo_ids[start : start + self._chunk]
            await self._jobs.put_chunk(job.job_id, after.chunks, chunk)
            is_last = start + self._chunk >= len(photo_ids)
            after = after.with_selected(len(chunk), now, is_last=is_last)
        await self._jobs.complete_step(received, after, now)


class RunJobs:
    """Do one step of the first job of each owner. Any number of replicas may run them.

    A step has `chunk` photos; it may be repeated, and still each photo is changed once.
    """

    def __init__(
        self,
        jobs: JobRepository,
        select: SelectPhotos,
        run_batch: RunBatch,
        clock: Clock,
        *,
        chunk: int,
        keep: timedelta,
    ) -> None:
        self._jobs = jobs
        self._select = select
        self._run_batch = run_batch
        self._clock = clock
        self._chunk = chunk
        self._keep = keep

    async def __call__(self) -> Sweep:
        now = self._clock()
        jobs = await self._jobs.list_next(now, limit=_MAX_JOBS)
        for job in jobs:
            claimed = await self._jobs.claim(job, self._clock() + _LEASE)
            if claimed is not None:
                await self._do_step(claimed)
        if jobs:
            return Sweep(len(jobs), has_more=True)
        for job in await self._jobs.list_finished(now - self._keep, limit=_MAX_DELETED):
            await self._jobs.delete(job)
        return Sweep(0, has_more=False)

    async def _do_step(self, job: Job) -> None:
        match job.state:
            case JobState.SELECTING:
                after = await self._select_chunk(job)
            case JobState.RUNNING:
                after = await self._run_chunk(job)
            case _:
                # Its request was cut off before it was answered.
                await self._jobs.delete(job)
                return
        await self._jobs.complete_step(job, after, self._clock())

    async def _select_chunk(self, job: Job) -> Job:
        if job.query is None:
            return await self._select_changed(job, job.changed_by or "")
        photo_ids, cursor = await self._select(
            job.owner_id, job.query, limit=self._chunk, after=job.cursor
        )
        if photo_ids:
            await self._jobs.put_chunk(job.job_id, job.chunks, photo_ids)
        after = replace(job, cursor=cursor)
        return after.with_selected(len(photo_ids), self._clock(), is_last=cursor is None)

    async def _select_changed(self, job: Job, source_id: str) -> Job:
        """Take over a chunk of another job's photos. That job has ended: it began earlier."""
        source = await self._jobs.get(source_id)
        number, count = job.source_chunk, source.chunks if source else 0
        photo_ids = (await self._jobs.get_chunk(source_id, number)).changed
        if photo_ids:
            await self._jobs.put_chunk(job.job_id, job.chunks, photo_ids)
        after = replace(job, source_chunk=number + 1)
        return after.with_selected(len(photo_ids), self._clock(), is_last=number + 1 >= count)

    async def _run_chunk(self, job: Job) -> Job:
        number = job.chunks_done
        photo_ids = (await self._jobs.get_chunk(job.job_id, number)).photo_ids
        if job.attempts > MAX_ATTEMPTS:
            given_up = [Failure(each, "internal_error", "It failed here.") for each in photo_ids]
            return job.with_results(0, 0, given_up, self._clock())
        results = await self._run_batch(
            photo_ids, User(job.owner_id), job.action, job.values, job_id=job.job_id
        )
        changed = [
            each.photo_id for each in results if each.photo and job.job_id in each.photo.jobs
        ]
        await self._jobs.put_changed(job.job_id, number, changed)
        failures = [
            Failure.of(each.photo_id, each.problem) for each in results if each.problem is not None
        ]
        done = len(results) - len(failures)
        return job.with_results(done, len(changed), failures, self._clock())
