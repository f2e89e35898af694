"""Responses about the timeline."""

import datetime as dt
from typing import Final, Self

from pydantic import BaseModel, Field

from pichaven_chassis.pagination import CURSOR_EXAMPLE
from pichaven_chassis.request_body import RequestBody
from pichaven_contracts.api import PHOTO_ID_EXAMPLE, Status
from pichaven_gallery.photos.schemas import CompactPhoto
from pichaven_gallery.photos.time_fields import IanaZone
from pichaven_gallery.timeline.repository import TimelineState

_VERSION: Final = (
    "Another one after every change of what the month shows; null of an empty month, and while"
    " changes are being counted."
)
_SECOND_ID: Final = "019ec51f-2f60-7a44-8a3e-4d0b9c6e2f70"
_TEMPLATE_EXAMPLE: Final = (
    "https://photos.example.org/pichaven-media/derived/019ec4f0/{id}/{key}/400.webp"
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=43200&X-Amz-Signature={signature}"
)


class MonthCount(BaseModel):
    month: str = Field(description="Of the wall time, `YYYY-MM`.", examples=["2026-06"])
    count: int = Field(description="Photos taken in the month.", examples=[214])
    version: str | None = Field(None, description=_VERSION, examples=["q5bX2v0sLwM"])


class TimelineSettings(RequestBody):
    home_zone: IanaZone | None = Field(
        description="The IANA time zone that the owner lives in, for times that come without a"
        " zone: those of cameras without a position, and those of uploads. Null for"
        " none.",
        examples=["Europe/Lisbon"],
    )


class Timeline(BaseModel):
    buckets: list[MonthCount] = Field(
        description="The latest month first; months without photos are left out."
    )

    @classmethod
    def from_state(cls, state: TimelineState) -> Self:
        months = sorted(state.counts.months.items(), reverse=True)
        return cls(
            buckets=[
                MonthCount(month=name, count=count, version=state.version_of(name))
                for name, count in months
            ]
        )


class MonthPhotos(BaseModel):
    """A month's photos in columns: the fields of one photo have the same place in each list."""

    month: str = Field(description="Of the wall time, `YYYY-MM`.", examples=["2026-06"])
    count: int = Field(description="Photos of the whole month.", examples=[2])
    version: str | None = Field(
        None,
        description=f"{_VERSION} The same as in the overview.",
        examples=["q5bX2v0sLwM"],
    )
    id: list[str] = Field(
        description="Names each photo; the latest wall time first.",
        examples=[[PHOTO_ID_EXAMPLE, _SECOND_ID]],
    )
    name: list[str] = Field(
        description="Each caption in one line of at most 120 characters, else the file's name.",
        examples=[["The last swim of the day at Carcavelos", "IMG_2041.jpg"]],
    )
    status: list[Status] = Field(
        description="`processing`, `ready`, or `failed` where processing failed.",
        examples=[["ready", "processing"]],
    )
    aspect_ratio: list[float | None] = Field(
        description="Width through height; null before the picture was read.",
        examples=[[1.5, None]],
    )
    blurhash: list[str | None] = Field(
        description="A placeholder to show until the thumbnail is loaded; null before it was read.",
        examples=[["LEHV6nWB2yk8pyo0adR*.7kCMdnj", None]],
    )
    second: list[int] = Field(
        description="The wall time where it was taken, in seconds since the month began there: of"
        " the day's number less one 86400 each.",
        examples=[[1104127, 1101600]],
    )
    offset: list[int | None] = Field(
        description="Of the wall time from UTC, in minutes; null where it is unknown.",
        examples=[[60, None]],
    )
    favorite: list[bool] = Field(
        description="Whether the owner marked it as a favorite.", examples=[[True, False]]
    )
    duration: list[float | None] = Field(
        description="Seconds that a moving picture lasts; null for a still one.",
        examples=[[None, None]],
    )
    thumbnail_templates: list[str] = Field(
        description="Presigned URLs of the variant for a grid, with `{id}`, `{key}` and"
        " `{signature}` in place of what each photo has alone. These URLs are the"
        " `thumbnail_url` of other lists.",
        examples=[[_TEMPLATE_EXAMPLE]],
    )
    thumbnail_template: list[int | None] = Field(
        description="Which of `thumbnail_templates` it is, from 0; null before there is one.",
        examples=[[0, None]],
    )
    thumbnail_key: list[str | None] = Field(
        description="What `{key}` stands for; null before there is a thumbnail.",
        examples=[["3f1c9a2b7d548e0d-p1", None]],
    )
    thumbnail_signature: list[str | None] = Field(
        description="What `{signature}` stands for; null before there is a thumbnail.",
        examples=[["5d2f7b1c", None]],
    )
    next_cursor: str | None = Field(
        None,
        description="`cursor` of the next page of a month with more than 2500 photos; null on the"
        " last.",
        examples=[CURSOR_EXAMPLE],
    )


class YearOfDay(BaseModel):
    """A year's photos of one day of the year."""

    year: int = Field(description="Of the wall time.", examples=[2024])
    photos: list[CompactPhoto] = Field(description="The latest wall time first.")


class OnThisDay(BaseModel):
    """A page of one day of the year in earlier years."""

    date: dt.date = Field(
        description="The day that was asked for, or today in the owner's home zone.",
        examples=["2026-11-29"],
    )
    items: list[YearOfDay] = Field(
        description="The latest year first; years without photos are left out. A year may go on"
        " on the next page."
    )
    next_cursor: str | None = Field(
        None, description="`cursor` of the next page; null on the last.", examples=[CURSOR_EXAMPLE]
    )
