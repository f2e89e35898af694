"""The response models of a search."""

from typing import Literal

from pydantic import BaseModel, Field

from pichaven_search.photos.schemas import Photo


class Matched(BaseModel):
    """Why a photo is among the results."""

    text: list[str] = Field(
        description="Where the query's words stand: caption, tags, place, camera, filename, ocr."
    )
    visual: float | None = Field(
        description="How likely the picture shows it, 0 to 1; null when it does not count."
    )


class SearchHit(BaseModel):
    photo: Photo
    score: float
    matched: Matched


class FacetValue(BaseModel):
    value: str
    count: int


class Facets(BaseModel):
    tags: list[FacetValue]
    cameras: list[FacetValue]
    months: list[FacetValue]
    types: list[FacetValue]
    colors: list[FacetValue]
    cities: list[FacetValue]
    regions: list[FacetValue]
    countries: list[FacetValue]
    orientations: list[FacetValue]


class QueryPart(BaseModel):
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


class SearchPage(BaseModel):
    items: list[SearchHit]
    facets: Facets | None = Field(description="Of all results; null on later pages.")
    total: int = Field(description="All photos that answer the search.")
    took_ms: int
    model: str = Field(description="The embedding model of the index that answered.")
    degraded: list[str] = Field(
        description="What could not take part: `visual` while ml does not answer."
    )
    understood: list[QueryPart] = Field(description="What `q` says beside plain words, in order.")
    next_cursor: str | None
