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
        description="Where the query's words stand: caption, tags, place, camera, filename, ocr."
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


class PartOut(BaseModel):
    """A part of `q` that was read as more than words."""

    kind: Literal[
        "tag",
        "camera",
        "lens",
        "place",
        "type",
        "album",
        "before",
        "after",
        "since",
        "date",
        "favorite",
        "orientation",
        "color",
        "rating",
        "phrase",
        "word",
        "is",
    ]
    text: str = Field(description="The very characters typed.")
    value: str = Field(
        description="As it was understood: folded names, `2024-05-01/2024-05-31` (both days "
        "included), `--05` for May of any year, `>=4`."
    )
    start: int = Field(description="Where it begins in `q`, in Unicode code points.")
    end: int = Field(description="Where it is over: without [start, end) it is not asked for.")
    label: str = Field(description="To be shown, in English.")
    negated: bool = Field(description="What is so is left out.")
    known: bool = Field(description="False where it narrows nothing, as nothing is known of it.")


class SearchOut(BaseModel):
    items: list[SearchHit]
    facets: FacetsOut | None = Field(description="Of all results; null on later pages.")
    total: int = Field(description="All photos that answer the search.")
    took_ms: int
    model: str = Field(description="The embedding model of the index that answered.")
    degraded: list[str] = Field(
        description="What could not take part: `visual` while ml does not answer."
    )
    understood: list[PartOut] = Field(description="What `q` says beside plain words, in order.")
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
