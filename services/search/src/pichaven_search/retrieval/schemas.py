"""The response models of a search."""

from typing import Literal

from pydantic import BaseModel, Field

from pichaven_contracts.api import Photo


class Matched(BaseModel):
    """Why a photo is among the results."""

    text: list[str] = Field(
        description="Matched fields: caption, tags, place, camera, filename, ocr."
    )
    visual: float | None = Field(
        description="Probability that the picture shows it, 0 to 1; null if it is no vector hit."
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
    """A part of `q` that is more than plain words."""

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
    text: str = Field(description="The characters as typed.")
    value: str = Field(
        description="The parsed value: folded names, `2024-05-01/2024-05-31` (both days "
        "included), `--05` for May of any year, `>=4`."
    )
    start: int = Field(description="Start in `q`, in Unicode code points.")
    end: int = Field(description="End in `q`: cut out [start, end) to remove the part.")
    label: str = Field(description="A label to display, in English.")
    negated: bool = Field(description="Whether matching photos are excluded.")
    known: bool = Field(description="False where the value is unknown and filters nothing.")


class SearchPage(BaseModel):
    items: list[SearchHit]
    facets: Facets | None = Field(description="Of all results; null on later pages.")
    total: int = Field(description="Number of results on all pages.")
    took_ms: int
    model: str = Field(description="The embedding model of the index that answered.")
    degraded: list[str] = Field(
        description="The sides that are unavailable: `visual` while ml does not answer."
    )
    understood: list[QueryPart] = Field(
        description="The parts of `q` beside plain words, in order."
    )
    next_cursor: str | None
