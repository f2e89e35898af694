"""Requests and responses about photos."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from pichaven_chassis.pagination import CURSOR_EXAMPLE
from pichaven_contracts.api import MEDIA_URL_EXAMPLE, PHOTO_ID_EXAMPLE, Photo, Status
from pichaven_contracts.photo import Location
from pichaven_gallery.photos.edits import UNSET, EditPatch, clean_tag

TagText = Annotated[str, Field(min_length=1, max_length=64)]
MAX_IDS: Final = 500


class Step(BaseModel):
    name: str = Field(examples=["store"])
    service: str = Field(examples=["processing"])
    state: Literal["started", "done", "failed", "retrying"] = Field(examples=["done"])
    percent: int | None = Field(None, examples=[100])
    message: str | None = Field(None, examples=[None])
    at: datetime = Field(examples=["2026-06-14T08:03:54.117000Z"])


class PhotoDetail(Photo):
    steps: list[Step]


class PhotoPage(BaseModel):
    items: list[Photo]
    next_cursor: str | None = Field(None, examples=[CURSOR_EXAMPLE])


class CompactPhoto(BaseModel):
    """The fields that a grid needs."""

    id: str = Field(examples=[PHOTO_ID_EXAMPLE])
    status: Status = Field(examples=["ready"])
    aspect_ratio: float | None = Field(None, examples=[1.5])
    """Width through height."""
    blurhash: str | None = Field(None, examples=["LEHV6nWB2yk8pyo0adR*.7kCMdnj"])
    taken_at: datetime = Field(examples=["2026-06-13T17:42:07Z"])
    favorite: bool = Field(examples=[True])
    duration: float | None = Field(None, examples=[None])
    thumbnail_url: str | None = Field(None, examples=[MEDIA_URL_EXAMPLE])


class CompactPhotoPage(BaseModel):
    items: list[CompactPhoto]
    next_cursor: str | None = Field(None, examples=[CURSOR_EXAMPLE])


class Place(BaseModel):
    """A position. Without city, region and country, these are looked up."""

    model_config = ConfigDict(extra="forbid")

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    altitude: Annotated[float, Field(ge=-20_000, le=100_000, allow_inf_nan=False)] | None = None
    city: Annotated[str, Field(max_length=200)] | None = None
    region: Annotated[str, Field(max_length=200)] | None = None
    country: Annotated[str, Field(max_length=200)] | None = None


class PhotoPatch(BaseModel):
    """Changes the fields that are sent. Null clears; `taken_at: null` restores the file's time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "caption": "The last swim of the day at Carcavelos",
                    "favorite": True,
                    "location": {"lat": 38.6777, "lon": -9.3363},
                    "tags_add": ["lisbon 2026"],
                }
            ]
        },
    )

    caption: Annotated[str, Field(max_length=5_000)] | None = None
    favorite: bool = False
    taken_at: (
        Annotated[
            AwareDatetime,
            Field(ge=datetime(1000, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
        ]
        | None
    ) = None
    location: Place | None = None
    rating: Annotated[int, Field(ge=0, le=5)] | None = None
    tags_add: Annotated[list[TagText], Field(max_length=100)] = []
    tags_remove: Annotated[list[TagText], Field(max_length=100)] = []

    def to_patch(self) -> EditPatch:
        """Raises `InvalidTag`."""
        fields_set = self.model_fields_set
        place = self.location
        return EditPatch(
            caption=(self.caption or None) if "caption" in fields_set else UNSET,
            favorite=self.favorite if "favorite" in fields_set else UNSET,
            taken_at=self.taken_at if "taken_at" in fields_set else UNSET,
            location=(Location(**place.model_dump()) if place else None)
            if "location" in fields_set
            else UNSET,
            rating=self.rating if "rating" in fields_set else UNSET,
            tags_add=tuple(map(clean_tag, self.tags_add)),
            tags_remove=tuple(self.tags_remove),
        )


class Batch(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"ids": [PHOTO_ID_EXAMPLE], "action": "add_tags", "tags": ["lisbon 2026"]}]
        },
    )

    ids: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=MAX_IDS)
    ]
    action: Literal["favorite", "unfavorite", "trash", "restore", "add_tags", "remove_tags"]
    tags: Annotated[list[TagText], Field(max_length=100)] = []
    """For `add_tags` and `remove_tags`."""

    @model_validator(mode="after")
    def _has_tags(self) -> Self:
        if self.action in {"add_tags", "remove_tags"} and not self.tags:
            raise ValueError("tags are needed for this action")
        return self


class BatchResult(BaseModel):
    id: str = Field(examples=[PHOTO_ID_EXAMPLE])
    ok: bool = Field(examples=[True])
    version: int | None = Field(None, examples=[4])
    code: str | None = Field(None, examples=[None])
    """Of the problem, if not ok."""
    detail: str | None = Field(None, examples=[None])


class BatchResults(BaseModel):
    results: list[BatchResult]
