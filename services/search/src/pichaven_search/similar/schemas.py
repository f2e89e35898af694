"""The response models of similar photos."""

from typing import Literal

from pydantic import BaseModel, Field

from pichaven_contracts.api import MODEL_EXAMPLE, Photo


class SimilarHit(BaseModel):
    photo: Photo
    score: float = Field(
        description="Cosine similarity of the two embeddings, at most 1.", examples=[0.8142]
    )


class SimilarPhotos(BaseModel):
    items: list[SimilarHit]
    model: str = Field(examples=[MODEL_EXAMPLE])
    reason: Literal["not_analyzed"] | None = Field(
        description="Why there are no items yet: the photo has no embedding.", examples=[None]
    )
