"""Responses about the timeline."""

from typing import Self

from pydantic import BaseModel, Field

from pichaven_gallery.timeline.counts import Counts


class MonthCount(BaseModel):
    month: str = Field(examples=["2026-06"])
    count: int = Field(examples=[214])


class Timeline(BaseModel):
    buckets: list[MonthCount]
    """The latest month first; months without photos are left out."""

    @classmethod
    def from_counts(cls, counts: Counts) -> Self:
        months = sorted(counts.months.items(), reverse=True)
        return cls(buckets=[MonthCount(month=name, count=count) for name, count in months])
