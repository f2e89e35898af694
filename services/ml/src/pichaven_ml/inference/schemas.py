"""Requests and responses of the internal routes."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from pichaven_chassis.request_body import RequestBody
from pichaven_ml.models import card


class Texts(RequestBody):
    texts: Annotated[
        list[Annotated[str, StringConstraints(max_length=1000)]],
        Field(min_length=1, max_length=64),
    ]


class TextEmbeddings(BaseModel):
    model: str
    dimensions: int
    embeddings: list[list[float]]
    """In the order of the texts; each of unit length."""
    calibrations: list[card.Calibration | None]
    """Of each text's cosines; null where the model's could not be measured."""


class PictureEmbedding(BaseModel):
    model: str
    embedding: list[float]


class Model(BaseModel):
    model: str
    dimensions: int
    runtime: card.Runtime
    bundled: bool
    """Whether this is the small model that knows drawn pictures only."""
    calibration: card.Calibration | None
    """Of the average text; None when it could not be measured."""
    vocabulary: str | None
    """None while tagging is unavailable."""
