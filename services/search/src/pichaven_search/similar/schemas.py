"""The response models of similar photos."""

from typing import Literal

from pydantic import BaseModel, Field

from pichaven_contracts.api import Photo


class SimilarHit(BaseModel):
    photo: Photo
    score: float = Field(description="Cosine similarity of the two embeddings, at most 1.")


class SimilarPhotos(BaseModel):
    items: list[SimilarHit]
    model: str
    reason: Literal["not_analyzed"] | None = Field(
        description="Why there are no items yet: the photo has no embedding."
    )
