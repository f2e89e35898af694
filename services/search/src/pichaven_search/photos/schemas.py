"""What the routes answer with. A photo has the same names here as in the library's answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Tag(BaseModel):
    name: str
    source: Literal["user", "ai"]
    confidence: float


class Exif(BaseModel):
    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    aperture: float | None = None
    shutter: float | None = None
    focal_length: float | None = None


class Location(BaseModel):
    lat: float
    lon: float
    altitude: float | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class Variant(BaseModel):
    name: str
    format: str
    width: int
    height: int
    bytes: int
    url: str = Field(description="Presigned; stays the same for hours.")


class Photo(BaseModel):
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
    tags: list[Tag]
    exif: Exif
    location: Location | None
    blurhash: str | None
    colors: list[str]
    variants: list[Variant]
    original_url: str
    version: int
