"""Requests and responses about jobs."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pichaven_chassis.request_body import RequestBody, Text
from pichaven_contracts.api import PHOTO_ID_EXAMPLE
from pichaven_gallery.jobs import model
from pichaven_gallery.photos.parameters import to_filters
from pichaven_gallery.photos.photo import Status
from pichaven_gallery.photos.run_batch import BatchAction
from pichaven_gallery.photos.schemas import PhotoAction, PhotoIdText, TagText

MAX_IDS: Final = 20_000
MAX_EXCLUDED: Final = 1_000
JOB_ID_EXAMPLE: Final = "019ec6a0-5c11-7f3e-8d27-2b9a4e6c7d80"


DateText = Annotated[str, Field(min_length=1, max_length=64)]


class PhotoQuery(RequestBody):
    """The photos of a list, with the filters of `GET /photos`; `{}` is the whole library."""

    favorite: bool | None = Field(
        None, description="Only favorites, or only others.", examples=[True]
    )
    tag: TagText | None = Field(None, description="Only photos with this tag.", examples=["beach"])
    status: Text[Status] | None = Field(
        None, description="Only photos in this state.", examples=["ready"]
    )
    from_: DateText | None = Field(
        None,
        alias="from",
        description="The earliest time taken: a date or a time, RFC 3339. With an offset it is"
        " compared with the instant, else with the wall time where a photo was taken.",
        examples=["2026-06-13"],
    )
    to: DateText | None = Field(
        None, description="The latest time taken, likewise; inclusive.", examples=["2026-06-13"]
    )
    trashed: bool = Field(
        False,
        description="The photos of the trash instead of the library; without other filters.",
        examples=[False],
    )

    excluded: Annotated[list[PhotoIdText], Field(max_length=MAX_EXCLUDED)] = Field(
        [], description="Photos that are left out, at most 1,000.", examples=[[PHOTO_ID_EXAMPLE]]
    )

    @model_validator(mode="after")
    def _has_one_list(self) -> Self:
        if self.trashed and self.model_fields_set - {"trashed", "excluded"}:
            raise ValueError("trashed has no other filter beside it")
        return self

    def to_query(self) -> model.PhotoQuery:
        """Raises `InvalidDate`."""
        filters = to_filters(
            favorite=self.favorite,
            tag=self.tag,
            status=self.status,
            from_=self.from_,
            to=self.to,
            path="body.query",
        )
        return model.PhotoQuery(filters, self.trashed, frozenset(self.excluded))


class JobRequest(PhotoAction):
    """The action, and one of `query`, `ids` and `changed_by`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": {"favorite": True}, "action": "unfavorite"}]},
    )

    query: PhotoQuery | None = Field(
        None,
        description="All photos of a list, however many.",
        examples=[{"favorite": True}],
    )
    ids: Annotated[list[PhotoIdText], Field(min_length=1, max_length=MAX_IDS)] | None = Field(
        None,
        description="The photos, at most 20,000 and as many as 1,000,000 bytes hold.",
        examples=[[PHOTO_ID_EXAMPLE]],
    )
    changed_by: Annotated[str, Field(max_length=64)] | None = Field(
        None,
        description="The job whose photos these are, those that it changed: with the opposite"
        " action it is undone.",
        examples=[JOB_ID_EXAMPLE],
    )

    @model_validator(mode="after")
    def _has_one_selection(self) -> Self:
        selections = (self.query, self.ids, self.changed_by)
        if sum(each is not None for each in selections) != 1:
            raise ValueError("one of query, ids and changed_by is needed")
        return self


JobState = Literal["selecting", "running", "done"]
_STATES: Final[dict[model.JobState, JobState]] = {
    model.JobState.RECEIVING: "selecting",
    model.JobState.SELECTING: "selecting",
    model.JobState.RUNNING: "running",
    model.JobState.DONE: "done",
}


class JobReceipt(BaseModel):
    job_id: str = Field(description="Names the job.", examples=[JOB_ID_EXAMPLE])


class JobFailure(BaseModel):
    id: str = Field(description="The photo's id.", examples=[PHOTO_ID_EXAMPLE])
    code: str = Field(description="Of the problem.", examples=["photo_in_trash"])
    detail: str = Field(description="The problem in words.", examples=["Restore the photo first."])


class Job(BaseModel):
    id: str = Field(description="Names the job.", examples=[JOB_ID_EXAMPLE])
    action: BatchAction = Field(description="What is done to each photo.")
    state: JobState = Field(
        description="`selecting` while its photos are gathered, then `running`, then `done`.",
        examples=["running"],
    )
    matched: int = Field(
        description="Photos gathered; while `selecting`, those so far.", examples=[12_408]
    )
    done: int = Field(description="Photos that are as the action leaves them.", examples=[6_000])
    changed: int = Field(
        description="Those of them that the job changed; others were so before.", examples=[5_911]
    )
    failed: int = Field(description="Photos that it could not be done to.", examples=[1])
    failures: list[JobFailure] = Field(description="Of the failed photos the first 100, and why.")
    created_at: datetime = Field(
        description="When it was requested, ISO 8601 in UTC.",
        examples=["2026-06-14T08:03:51.240000Z"],
    )
    finished_at: datetime | None = Field(
        None,
        description="When it ended; null before. A week later it is forgotten.",
        examples=[None],
    )

    @classmethod
    def from_job(cls, job: model.Job) -> Self:
        return cls(
            id=job.job_id,
            action=job.action,
            state=_STATES[job.state],
            matched=job.matched,
            done=job.done,
            changed=job.changed,
            failed=job.failed,
            failures=[
                JobFailure(id=each.photo_id, code=each.code, detail=each.detail)
                for each in job.failures
            ],
            created_at=job.created_at,
            finished_at=job.finished_at,
        )
