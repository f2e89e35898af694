"""The response models of similar photos."""

from typing import Literal

from pydantic import BaseModel, Field

from pichaven_search.photos.schemas import Photo


class SimilarHit(BaseModel):
    photo: Photo
    score: float = Field(description="The cosine of the two embeddings, at most 1.")


class SimilarPhotos(BaseModel):
    items: list[SimilarHit]
    model: str
    reason: Literal["not_analyzed"] | None = Field(
        description="Why there is no answer yet: the photo has no embedding."
    )
