"""Request and response models of the search history."""

from datetime import datetime

from pydantic import BaseModel, Field, StrictBool


class PastSearch(BaseModel):
    id: str
    q: str = Field(description="The wording of the last time.")
    count: int = Field(description="How often it was made.")
    last_at: datetime


class HistorySettings(BaseModel):
    enabled: StrictBool = Field(description="Whether searches are recorded from now on.")
