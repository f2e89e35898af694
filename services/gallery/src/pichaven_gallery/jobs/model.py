"""A job and its progress, one step at a time.

First its photos are selected, in chunks that are stored; then the action is run on chunk after
chunk. Each step is one write, guarded by the number of steps before it. A step that was cut off is
repeated: chunks have the numbers of their order, and photos say which jobs changed them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from pichaven_chassis.pagination import TimeCursor
from pichaven_chassis.problems import Problem, TooManyRequests
from pichaven_gallery.photos.listing import Filters
from pichaven_gallery.photos.run_batch import BatchAction, BatchValues

MAX_ACTIVE: Final = 5
"""Unfinished jobs of one owner; they run one after another."""
MAX_FAILURES: Final = 100
"""Failures that a job names; all are counted."""
MAX_ATTEMPTS: Final = 5
"""Of one step, each of which ended with its process or an error."""


class TooManyJobs(TooManyRequests):
    code: ClassVar[str] = "too_many_jobs"
    title: ClassVar[str] = "Too many unfinished jobs"

    def __init__(self) -> None:
        super().__init__(f"{MAX_ACTIVE} jobs are unfinished. Wait for one.", retry_after=5)


class JobState(StrEnum):
    RECEIVING = "receiving"
    """The request that creates it has not ended."""
    SELECTING = "selecting"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    """The photos of a list: of the library by filters, or of the trash."""

    filters: Filters = field(default_factory=Filters)
    trashed: bool = False
    excluded: frozenset[str] = frozenset()
    """Ids of photos that are left out."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A photo that the action could not be done to."""

    photo_id: str
    code: str
    detail: str

    @classmethod
    def of(cls, photo_id: str, problem: Problem) -> "Failure":
        return cls(photo_id, problem.code, problem.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    job_id: str
    owner_id: str
    created_at: datetime
    action: BatchAction
    values: BatchValues
    query: PhotoQuery | None = None
    """Selects its photos, unless `changed_by` does or the request named them."""
    changed_by: str | None = None
    """The job whose changed photos are its own."""
    state: JobState = JobState.SELECTING
    steps: int = 0
    """Completed ones; the guard of every write."""
    cursor: TimeCursor | None = None
    """Where the selection by query goes on."""
    source_chunk: int = 0
    """Where that of another job's photos goes on."""
    chunks: int = 0
    chunks_done: int = 0
    matched: int = 0
    """Photos selected so far; all of them from `RUNNING` on."""
    done: int = 0
    """Photos that are as the action leaves them."""
    changed: int = 0
    """Those among them that the job changed."""
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    finished_at: datetime | None = None
    attempts: int = 0
    """Attempts at the present step."""
    lease_until: datetime | None = None
    """While it lies ahead, a process works on the step."""

    def with_selected(self, count: int, now: datetime, *, is_last: bool) -> "Job":
        """Return the job after a chunk of so many photos was stored; none, for 0."""
        chunks = self.chunks + (count > 0)
        ends = is_last and chunks == 0
        state = (JobState.DONE if ends else JobState.RUNNING) if is_last else self.state
        return replace(
            self,
            matched=self.matched + count,
            chunks=chunks,
            state=state,
            finished_at=now if ends else None,
        )

    def with_results(
        self, done: int, changed: int, failures: Sequence[Failure], now: datetime
    ) -> "Job":
        """Return the job after the action on its next chunk."""
        chunks_done = self.chunks_done + 1
        ends = chunks_done == self.chunks
        return replace(
            self,
            chunks_done=chunks_done,
            done=self.done + done,
            changed=self.changed + changed,
            failed=self.failed + len(failures),
            failures=(*self.failures, *failures)[:MAX_FAILURES],
            state=JobState.DONE if ends else self.state,
            finished_at=now if ends else None,
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Photos of one step, and those of them that the job changed."""

    photo_ids: tuple[str, ...]
    changed: tuple[str, ...] = ()
