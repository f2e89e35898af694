"""The response models of suggestions."""

from typing import Literal

from pydantic import BaseModel, Field


class Completion(BaseModel):
    text: str
    kind: Literal["tag", "place", "camera", "month", "caption", "file", "history"]
    count: int = Field(
        description="Photos that have it; of `history`, how often it was searched for."
    )


class Suggestions(BaseModel):
    items: list[Completion]
