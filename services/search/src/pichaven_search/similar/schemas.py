"""The response models of similar photos."""

from typing import Literal

from pydantic import BaseModel, Field

from pichaven_contracts.api import MODEL_EXAMPLE, Photo


class SimilarHit(BaseModel):
    photo: Photo = Field(description="The photo that looks alike.")
    score: float = Field(
        description="Cosine similarity of the two embeddings, at most 1.", examples=[0.8142]
    )


class SimilarPhotos(BaseModel):
    items: list[SimilarHit] = Field(description="The most similar first.")
    model: str = Field(
        description="The embedding model by which photos were compared.", examples=[MODEL_EXAMPLE]
    )
    reason: Literal["not_analyzed"] | None = Field(
        description="Why there are no items yet: the photo has no embedding.", examples=[None]
    )
