"""The response models of suggestions."""

from typing import Literal

from pydantic import BaseModel, Field


class Completion(BaseModel):
    text: str = Field(description="What `q` is completed with.", examples=["lisbon"])
    kind: Literal["tag", "place", "camera", "month", "caption", "file", "history"] = Field(
        description="What the text is.", examples=["place"]
    )
    count: int = Field(
        description="Photos that have it; of `history`, how often it was searched for.",
        examples=[214],
    )


class Suggestions(BaseModel):
    items: list[Completion] = Field(description="In the order to show them.")
