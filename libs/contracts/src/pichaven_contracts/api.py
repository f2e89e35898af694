"""The HTTP schema of a photo, the same in gallery's and search's responses."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Status = Literal["processing", "ready", "failed"]


class PhotoTag(BaseModel):
    name: str
    source: Literal["user", "ai"]
    confidence: float


class PhotoExif(BaseModel):
    """How the picture was taken, as the camera wrote it."""

    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    aperture: float | None = Field(None, description="The f-number.")
    shutter: float | None = Field(None, description="Exposure time in seconds.")
    focal_length: float | None = Field(None, description="Millimetres, not converted to 35 mm.")


class PhotoLocation(BaseModel):
    """WGS 84, degrees; altitude in metres."""

    lat: float
    lon: float
    altitude: float | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class PhotoVariant(BaseModel):
    name: str = Field(description="The bounding long edge in pixels.")
    format: str = Field(description="`avif`, `webp` or `jpeg`.")
    width: int
    height: int
    bytes: int
    url: str = Field(description="Presigned; the same for hours, so that browsers cache it.")


class PhotoFailure(BaseModel):
    code: str
    message: str


class PhotoAnalysis(BaseModel):
    state: Literal["pending", "done", "unavailable"]
    model: str | None = None
    tagging: Literal["done", "unavailable"] | None = None


class Photo(BaseModel):
    """A photo as its viewers see it."""

    id: str
    owner_id: str
    status: Status
    failure: PhotoFailure | None = None
    filename: str
    content_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime
    created_at: datetime
    favorite: bool
    hidden: bool
    caption: str | None = None
    rating: int | None = None
    tags: list[PhotoTag]
    exif: PhotoExif
    location: PhotoLocation | None = None
    blurhash: str | None = None
    colors: list[str] = Field(description="`#rrggbb`, the largest share of the picture first.")
    variants: list[PhotoVariant]
    original_url: str | None = Field(
        None, description="Null where the original is not stored or may not be downloaded."
    )
    analysis: PhotoAnalysis | None = Field(None, description="Null in results of a search.")
    trashed_at: datetime | None = None
    version: int
