"""Responses about the timeline."""

import datetime as dt
from typing import Self

from pydantic import BaseModel, Field

from pichaven_chassis.pagination import CURSOR_EXAMPLE
from pichaven_chassis.request_body import RequestBody
from pichaven_gallery.photos.schemas import CompactPhoto
from pichaven_gallery.photos.time_fields import IanaZone
from pichaven_gallery.timeline.counts import Counts


class MonthCount(BaseModel):
    month: str = Field(description="Of the wall time, `YYYY-MM`.", examples=["2026-06"])
    count: int = Field(description="Photos taken in the month.", examples=[214])


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
    def from_counts(cls, counts: Counts) -> Self:
        months = sorted(counts.months.items(), reverse=True)
        return cls(buckets=[MonthCount(month=name, count=count) for name, count in months])


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
