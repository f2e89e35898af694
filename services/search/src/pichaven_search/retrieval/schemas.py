"""The response models of a search."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pichaven_contracts.api import MODEL_EXAMPLE, Photo


class Matched(BaseModel):
    """Why a photo is among the results."""

    text: list[str] = Field(
        description="Matched fields: caption, tags, place, camera, filename, ocr.",
        examples=[["tags", "place"]],
    )
    visual: float | None = Field(
        description="Probability that the picture shows it, 0 to 1; null if it is no vector hit.",
        examples=[0.87],
    )


class SearchHit(BaseModel):
    photo: Photo
    score: float = Field(examples=[0.0318])
    matched: Matched


class FacetValue(BaseModel):
    value: str = Field(examples=["beach"])
    count: int = Field(examples=[14])


class Facets(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tags": [{"value": "beach", "count": 14}, {"value": "sunset", "count": 6}],
                    "cameras": [{"value": "FUJIFILM X-T5", "count": 11}],
                    "months": [{"value": "2026-06", "count": 14}],
                    "types": [{"value": "image/jpeg", "count": 14}],
                    "colors": [{"value": "blue", "count": 12}],
                    "cities": [{"value": "Carcavelos", "count": 9}],
                    "regions": [{"value": "Lisbon", "count": 14}],
                    "countries": [{"value": "Portugal", "count": 14}],
                    "orientations": [{"value": "landscape", "count": 13}],
                }
            ]
        }
    )

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
    ] = Field(examples=["place"])
    text: str = Field(description="The characters as typed.", examples=["lisbon"])
    value: str = Field(
        description="The parsed value: folded names, `2024-05-01/2024-05-31` (both days "
        "included), `--05` for May of any year, `>=4`.",
        examples=["lisbon"],
    )
    start: int = Field(description="Start in `q`, in Unicode code points.", examples=[9])
    end: int = Field(
        description="End in `q`: cut out [start, end) to remove the part.", examples=[15]
    )
    label: str = Field(description="A label to display, in English.", examples=["place: lisbon"])
    negated: bool = Field(description="Whether matching photos are excluded.", examples=[False])
    known: bool = Field(
        description="False where the value is unknown and filters nothing.", examples=[True]
    )


class SearchPage(BaseModel):
    items: list[SearchHit]
    facets: Facets | None = Field(description="Of all results; null on later pages.")
    total: int = Field(description="Number of results on all pages.", examples=[14])
    took_ms: int = Field(examples=[31])
    model: str = Field(
        description="The embedding model of the index that answered.", examples=[MODEL_EXAMPLE]
    )
    degraded: list[str] = Field(
        description="The sides that are unavailable: `visual` while ml does not answer.",
        examples=[[]],
    )
    understood: list[QueryPart] = Field(
        description="The parts of `q` beside plain words, in order."
    )
    next_cursor: str | None = Field(examples=[None])
