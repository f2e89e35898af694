"""The response models of suggestions."""

from typing import Literal

from pydantic import BaseModel, Field


class Completion(BaseModel):
    text: str = Field(examples=["lisbon"])
    kind: Literal["tag", "place", "camera", "month", "caption", "file", "history"] = Field(
        examples=["place"]
    )
    count: int = Field(
        description="Photos that have it; of `history`, how often it was searched for.",
        examples=[214],
    )


class Suggestions(BaseModel):
    items: list[Completion]
