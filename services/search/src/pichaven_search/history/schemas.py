"""Request and response models of the past searches."""

from datetime import datetime

from pydantic import BaseModel, Field, StrictBool


class PastSearch(BaseModel):
    id: str
    q: str = Field(description="As it was last asked.")
    count: int = Field(description="How often it was asked.")
    last_at: datetime


class HistorySettings(BaseModel):
    enabled: StrictBool = Field(description="Whether searches are kept from now on.")
