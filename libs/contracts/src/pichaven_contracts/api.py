"""The HTTP schema of a photo, the same in gallery's and search's responses."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, Field

from pichaven_contracts.photo import Offset, OffsetSource, WallTime

Status = Literal["processing", "ready", "failed"]
PHOTO_ID_EXAMPLE: Final = "019ec528-9348-7b1c-9d42-6f0e8a5b3c11"
MODEL_EXAMPLE: Final = "pichaven-photo/3f1c9a2b7d54/512-8e0d61ab"
MEDIA_URL_EXAMPLE: Final = (
    "https://photos.example.org/pichaven-media/derived/019ec528/800.webp"
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=43200&X-Amz-Signature=5d2f"
)


class PhotoTag(BaseModel):
    name: str = Field(
        description="The tag as it is displayed.",
        examples=["beach"],
    )
    source: Literal["user", "ai"] = Field(
        description="`user` for the owner's own, `ai` for those read from the picture.",
        examples=["ai"],
    )
    confidence: float = Field(
        description="How sure the model is, 0 to 1; 1 for the owner's own.", examples=[0.93]
    )


class PhotoExif(BaseModel):
    """How the picture was taken, as the camera wrote it."""

    camera: str | None = Field(None, description="Maker and model.", examples=["FUJIFILM X-T5"])
    lens: str | None = Field(
        None, description="The lens by its name.", examples=["XF18-55mmF2.8-4 R LM OIS"]
    )
    iso: int | None = Field(None, description="Sensitivity, ISO.", examples=[160])
    aperture: float | None = Field(None, description="The f-number.", examples=[8.0])
    shutter: float | None = Field(None, description="Exposure time in seconds.", examples=[0.002])
    focal_length: float | None = Field(
        None, description="Millimetres, not converted to 35 mm.", examples=[23.0]
    )


class PhotoLocation(BaseModel):
    """WGS 84, degrees; altitude in metres."""

    lat: float = Field(description="Latitude, degrees north.", examples=[38.6777])
    lon: float = Field(description="Longitude, degrees east.", examples=[-9.3363])
    altitude: float | None = Field(None, description="Metres above sea level.", examples=[4.0])
    city: str | None = Field(None, description="The town at the position.", examples=["Carcavelos"])
    region: str | None = Field(
        None, description="The state or province at the position.", examples=["Lisbon"]
    )
    country: str | None = Field(
        None, description="The country at the position.", examples=["Portugal"]
    )


class PhotoVariant(BaseModel):
    name: str = Field(description="The bounding long edge in pixels.", examples=["800"])
    format: str = Field(description="`avif`, `webp` or `jpeg`.", examples=["webp"])
    width: int = Field(description="Pixels.", examples=[800])
    height: int = Field(description="Pixels.", examples=[533])
    bytes: int = Field(description="The size of the file in bytes.", examples=[68_412])
    url: str = Field(
        description="Presigned; the same for hours, so that browsers cache it.",
        examples=[MEDIA_URL_EXAMPLE],
    )


class PhotoFailure(BaseModel):
    code: str = Field(description="Names the reason to programs.", examples=["damaged"])
    message: str = Field(
        description="The reason in words, to display.",
        examples=["The file ends in the middle of the picture."],
    )


class PhotoAnalysis(BaseModel):
    state: Literal["pending", "done", "unavailable"] = Field(
        description="`pending` until it is analysed; `unavailable` where that failed or took too"
        " long.",
        examples=["done"],
    )
    model: str | None = Field(
        None, description="The model that read the picture; null before.", examples=[MODEL_EXAMPLE]
    )
    tagging: Literal["done", "unavailable"] | None = Field(
        None, description="Whether tags were read from the picture; null before.", examples=["done"]
    )


class Photo(BaseModel):
    """A photo as its viewers see it."""

    id: str = Field(description="Names the photo.", examples=[PHOTO_ID_EXAMPLE])
    owner_id: str = Field(
        description="The id of the user that the photo belongs to.",
        examples=["019bbb88-4f48-7e55-8f31-b7d09c6e2a40"],
    )
    status: Status = Field(
        description="`processing`, `ready`, or `failed` where processing failed.",
        examples=["ready"],
    )
    failure: PhotoFailure | None = Field(
        None,
        description="Why processing failed; null unless `status` is `failed`.",
        examples=[None],
    )
    filename: str = Field(
        description="The name of the file that was uploaded.", examples=["IMG_2041.jpg"]
    )
    content_type: str = Field(
        description="The media type of the original.", examples=["image/jpeg"]
    )
    size: int = Field(description="Bytes.", examples=[4_816_233])
    sha256: str = Field(
        description="SHA-256 of the original, in lower-case hexadecimal.",
        examples=["6b0f1d9c8e27a4535f6c0d3b9a18e7f24c5d60b1a3928f7e6d5c4b3a29180f7e"],
    )
    width: int | None = Field(
        None,
        description="Pixels; null before the picture was read.",
        examples=[6240],
    )
    height: int | None = Field(
        None,
        description="Pixels; null before the picture was read.",
        examples=[4160],
    )
    taken_at: datetime = Field(
        description="The instant. Without an offset, the wall time read as UTC.",
        examples=["2026-06-13T17:42:07Z"],
    )
    taken_at_local: WallTime = Field(
        description="The wall time where it was taken, which the timeline and date filters go by.",
        examples=["2026-06-13T18:42:07"],
    )
    taken_at_offset: Offset | None = Field(
        None,
        description="Of the wall time from UTC; null where it is unknown.",
        examples=["+01:00"],
    )
    taken_at_source: OffsetSource = Field(
        "none",
        description="Where the offset is from: the file, the time zone at the GPS position, the"
        " owner's edit (`user`), the client that uploaded it, the owner's home zone, or `none`.",
        examples=["gps"],
    )
    created_at: datetime = Field(
        description="When it was uploaded, ISO 8601 in UTC.",
        examples=["2026-06-14T08:03:51.240000Z"],
    )
    favorite: bool = Field(
        description="Whether the owner marked it as a favorite.", examples=[True]
    )
    hidden: bool = Field(description="Whether it is left out of searches.", examples=[False])
    title: str | None = Field(
        None,
        description="The file's own, apart from the caption.",
        examples=["Carcavelos, evening"],
    )
    caption: str | None = Field(
        None,
        description="The owner's description; null without one.",
        examples=["The last swim of the day at Carcavelos"],
    )
    rating: int | None = Field(
        None, description="Stars, 0 to 5; null without a rating.", examples=[4]
    )
    tags: list[PhotoTag] = Field(description="The owner's tags and those read from the picture.")
    exif: PhotoExif = Field(description="How the picture was taken.")
    location: PhotoLocation | None = Field(
        None, description="Where the picture was taken; null where it is unknown."
    )
    blurhash: str | None = Field(
        None,
        description="A placeholder of some thirty characters, see blurha.sh; null before it was"
        " read.",
        examples=["LEHV6nWB2yk8pyo0adR*.7kCMdnj"],
    )
    colors: list[str] = Field(
        description="`#rrggbb`, the largest share of the picture first.",
        examples=[["#6fa8c9", "#e3cfa4", "#2f4f6b"]],
    )
    variants: list[PhotoVariant] = Field(
        description="Those of the parameters `variants` and `format`. By default a photo by itself"
        " has all, and in lists each has the one for a grid."
    )
    original_url: str | None = Field(
        None,
        description="Null where the original is not stored or may not be downloaded.",
        examples=[MEDIA_URL_EXAMPLE.replace("derived/019ec528/800.webp", "originals/019ec528.jpg")],
    )
    sidecar_url: str | None = Field(
        None,
        description="The XMP file that was uploaded beside the original; null where there is none"
        " or the original may not be downloaded.",
        examples=[None],
    )
    analysis: PhotoAnalysis | None = Field(None, description="Null in results of a search.")
    trashed_at: datetime | None = Field(
        None,
        description="When it was put into the trash, ISO 8601 in UTC; null outside it.",
        examples=[None],
    )
    version: int = Field(description="Counts the changes; the `ETag` begins with it.", examples=[3])
