"""Responses about the timeline."""

from typing import Self

from pydantic import BaseModel, Field

from pichaven_chassis.request_body import RequestBody
from pichaven_gallery.photos.schemas import IanaZone
from pichaven_gallery.timeline.counts import Counts


class MonthCount(BaseModel):
    month: str = Field(examples=["2026-06"])
    count: int = Field(examples=[214])


class TimelineSettings(RequestBody):
    home_zone: IanaZone | None = Field(examples=["Europe/Lisbon"])
    """The IANA time zone that the owner lives in, for times that come without a zone: those of
    cameras without a position, and those of uploads. Null for none."""


class Timeline(BaseModel):
    buckets: list[MonthCount]
    """The latest month first; months without photos are left out."""

    @classmethod
    def from_counts(cls, counts: Counts) -> Self:
        months = sorted(counts.months.items(), reverse=True)
        return cls(buckets=[MonthCount(month=name, count=count) for name, count in months])
