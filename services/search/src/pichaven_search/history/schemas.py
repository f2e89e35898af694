"""Request and response models of the search history."""

from datetime import datetime

from pydantic import BaseModel, Field

from pichaven_chassis.request_body import RequestBody


class PastSearch(BaseModel):
    id: str = Field(
        description="Names the entry of the history.",
        examples=["019ec534-0d6e-7f8a-b9c1-3e2d4f5a6b70"],
    )
    q: str = Field(description="The wording of the last time.", examples=["beach in lisbon"])
    count: int = Field(description="How often it was made.", examples=[3])
    last_at: datetime = Field(
        description="When it was made the last time, ISO 8601 in UTC.",
        examples=["2026-06-14T08:16:20.334000Z"],
    )


class HistorySettings(RequestBody):
    enabled: bool = Field(description="Whether searches are recorded from now on.", examples=[True])
