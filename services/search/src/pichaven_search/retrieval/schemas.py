"""The response models of a search."""

from typing import Literal

from pydantic import BaseModel, Field

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
    photo: Photo = Field(description="The photo that was found.")
    score: float = Field(
        description="How well it fits, 0 to 1; comparable across queries.", examples=[0.0318]
    )
    matched: Matched = Field(description="Why the photo is among the results.")


class FacetValue(BaseModel):
    value: str = Field(description="The value that is counted.", examples=["beach"])
    count: int = Field(description="Results that have it.", examples=[14])


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
    ] = Field(description="What the part says: a filter, a phrase or a word.", examples=["place"])
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
    items: list[SearchHit] = Field(description="The results of this page, the best first.")
    facets: dict[str, list[FacetValue]] | None = Field(
        description="Those of the parameter `facets`, each with its values, counted over all"
        " results; null without the parameter and on later pages.",
        examples=[
            {
                "tags": [{"value": "beach", "count": 14}, {"value": "sunset", "count": 6}],
                "months": [{"value": "2026-06", "count": 14}],
            }
        ],
    )
    total: int = Field(description="Number of results on all pages.", examples=[14])
    took_ms: int = Field(description="Milliseconds that the search took.", examples=[31])
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
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last.", examples=[None]
    )
