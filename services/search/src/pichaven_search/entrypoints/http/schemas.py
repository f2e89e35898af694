"""What the routes answer with. A photo has the same names here as in the library's answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class TagOut(BaseModel):
    name: str
    source: Literal["user", "ai"]
    confidence: float


class ExifOut(BaseModel):
    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    aperture: float | None = None
    shutter: float | None = None
    focal_length: float | None = None


class LocationOut(BaseModel):
    lat: float
    lon: float
    altitude: float | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class VariantOut(BaseModel):
    name: str
    format: str
    width: int
    height: int
    bytes: int
    url: str = Field(description="Presigned; stays the same for hours.")


class PhotoOut(BaseModel):
    id: str
    owner_id: str
    status: Literal["processing", "ready", "failed"]
    filename: str
    content_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    taken_at: datetime
    created_at: datetime
    favorite: bool
    hidden: bool
    caption: str | None
    rating: int | None
    tags: list[TagOut]
    exif: ExifOut
    location: LocationOut | None
    blurhash: str | None
    colors: list[str]
    variants: list[VariantOut]
    original_url: str
    version: int


class Matched(BaseModel):
    """Why a photo is among the results."""

    text: list[str] = Field(
        description="Where the query's words stand: caption, tags, place, camera, filename."
    )
    visual: float | None = Field(
        description="How likely the picture shows it, 0 to 1; null when it does not count."
    )


class SearchHit(BaseModel):
    photo: PhotoOut
    score: float
    matched: Matched


class FacetOut(BaseModel):
    value: str
    count: int


class FacetsOut(BaseModel):
    tags: list[FacetOut]
    cameras: list[FacetOut]
    months: list[FacetOut]
    types: list[FacetOut]
    colors: list[FacetOut]
    cities: list[FacetOut]
    regions: list[FacetOut]
    countries: list[FacetOut]
    orientations: list[FacetOut]


class SearchOut(BaseModel):
    items: list[SearchHit]
    facets: FacetsOut | None = Field(description="Of all results; null on later pages.")
    total: int = Field(description="All photos that answer the search.")
    took_ms: int
    model: str = Field(description="The embedding model of the index that answered.")
    degraded: list[str] = Field(
        description="What could not take part: `visual` while ml does not answer."
    )
    next_cursor: str | None


class SimilarHit(BaseModel):
    photo: PhotoOut
    score: float = Field(description="The cosine of the two embeddings, at most 1.")


class SimilarOut(BaseModel):
    items: list[SimilarHit]
    model: str
    reason: Literal["not_analyzed"] | None = Field(
        description="Why there is no answer yet: the photo has no embedding."
    )


class CompletionOut(BaseModel):
    text: str
    kind: Literal["tag", "place", "camera", "month", "caption", "file", "history"]
    count: int = Field(description="Photos that have it; of `history`, how often it was asked.")


class SuggestOut(BaseModel):
    items: list[CompletionOut]
