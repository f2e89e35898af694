"""Requests and responses about downloads."""

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pichaven_chassis.http import PUBLIC_PREFIX
from pichaven_chassis.request_body import RequestBody
from pichaven_contracts.api import PHOTO_ID_EXAMPLE
from pichaven_gallery.downloads.model import MAX_FAILURES, NewDownload
from pichaven_gallery.jobs.schemas import PhotoQuery
from pichaven_gallery.photos.schemas import PhotoIdText

MAX_IDS: Final = 10_000
PATH: Final = f"{PUBLIC_PREFIX}/downloads"
_URL_EXAMPLE: Final = (
    f"{PATH}/019ec6a0-5c11-7f3e-8d27-2b9a4e6c7d80?token=vT3jZ0hQm1W5xYb8Kc2LrN6sPd9EfGaU7oiHtXqBw4M"
)


class DownloadRequest(RequestBody):
    """One of `query` and `ids`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"query": {"favorite": True}}]},
    )

    query: PhotoQuery | None = Field(
        None, description="All photos of a list.", examples=[{"favorite": True}]
    )
    ids: Annotated[list[PhotoIdText], Field(min_length=1, max_length=MAX_IDS)] | None = Field(
        None, description="The photos, at most 10,000.", examples=[[PHOTO_ID_EXAMPLE]]
    )

    @model_validator(mode="after")
    def _has_one_selection(self) -> Self:
        if (self.query is None) is (self.ids is None):
            raise ValueError("one of query and ids is needed")
        return self


class DownloadFailure(BaseModel):
    id: str = Field(description="The photo's id.", examples=[PHOTO_ID_EXAMPLE])
    code: str = Field(description="Of the problem.", examples=["original_gone"])
    detail: str = Field(
        description="The problem in words.",
        examples=["The file was refused and removed. Upload it again."],
    )


class Download(BaseModel):
    url: str = Field(
        description="Path and query of the ZIP file on this host, for a plain GET without"
        " credentials. A secret: who has it gets the photos.",
        examples=[_URL_EXAMPLE],
    )
    filename: str = Field(description="Of the ZIP file.", examples=["photos-2026-06-14.zip"])
    size: int = Field(description="Bytes of the ZIP file.", examples=[58_214_402])
    count: int = Field(description="Photos in it.", examples=[12])
    expires_at: datetime = Field(
        description="Until then it can be requested, ISO 8601 in UTC; what has begun goes on.",
        examples=["2026-06-14T08:13:51.240000Z"],
    )
    failed: int = Field(description="Photos that are not in it.", examples=[0])
    failures: list[DownloadFailure] = Field(
        description="Of these photos the first 100, and why.", examples=[[]]
    )

    @classmethod
    def from_new(cls, new: NewDownload) -> Self:
        download = new.download
        return cls(
            url=f"{PATH}/{download.download_id}?token={new.token}",
            filename=download.filename,
            size=download.size,
            count=download.count,
            expires_at=download.expires_at,
            failed=len(new.exclusions),
            failures=[
                DownloadFailure(
                    id=each.photo_id, code=each.problem.code, detail=each.problem.detail
                )
                for each in new.exclusions[:MAX_FAILURES]
            ],
        )
