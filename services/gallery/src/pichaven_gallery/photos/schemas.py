"""Requests and responses about photos."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from pichaven_chassis.display_text import clean_line, clean_text
from pichaven_chassis.pagination import CURSOR_EXAMPLE
from pichaven_chassis.request_body import RequestBody
from pichaven_contracts.api import MEDIA_URL_EXAMPLE, PHOTO_ID_EXAMPLE, Photo, Status
from pichaven_contracts.photo import Location, Offset, OffsetSource, WallTime
from pichaven_gallery.photos.capture_time import to_local
from pichaven_gallery.photos.edits import UNSET, EditPatch, OwnTime, clean_tag
from pichaven_gallery.photos.run_batch import BatchAction, BatchValues
from pichaven_gallery.photos.time_fields import Shift, TimeZone, WallTimeField

PhotoIdText = Annotated[str, Field(max_length=64)]
TagText = Annotated[str, Field(min_length=1, max_length=64)]
MAX_IDS: Final = 500


class Step(BaseModel):
    name: str = Field(description="The step of processing.", examples=["store"])
    service: str = Field(description="The service that does it.", examples=["processing"])
    state: Literal["started", "done", "failed", "retrying"] = Field(
        description="Where the step stands; `retrying` after a failure that may pass.",
        examples=["done"],
    )
    percent: int | None = Field(
        None,
        description="The share that is done, 0 to 100; null where it is not known.",
        examples=[100],
    )
    message: str | None = Field(
        None, description="What went wrong, in words; null where nothing did.", examples=[None]
    )
    at: datetime = Field(
        description="When the step came to this state, ISO 8601 in UTC.",
        examples=["2026-06-14T08:03:54.117000Z"],
    )


class PhotoDetail(Photo):
    steps: list[Step] = Field(description="The steps of processing so far.")
    text: str | None = Field(
        None,
        description="What was read in the picture, a line for each line there, at most 20,000"
        " characters; empty where nothing is written, null where it was not read. In no list.",
        examples=["Lisboa · Cais do Sodré\nPraia de Carcavelos"],
    )


class PhotoPage(BaseModel):
    items: list[Photo] = Field(description="The photos of this page, in the order of the list.")
    next_cursor: str | None = Field(
        None, description="`cursor` of the next page; null on the last.", examples=[CURSOR_EXAMPLE]
    )


class PhotoCount(BaseModel):
    count: int = Field(description="How many photos the list has.", examples=[12_408])


class CompactPhoto(BaseModel):
    """The fields that a grid needs."""

    id: str = Field(description="Names the photo.", examples=[PHOTO_ID_EXAMPLE])
    name: str = Field(
        description="Its caption in one line of at most 120 characters, else its file's name.",
        examples=["The last swim of the day at Carcavelos"],
    )
    status: Status = Field(
        description="`processing`, `ready`, or `failed` where processing failed.",
        examples=["ready"],
    )
    aspect_ratio: float | None = Field(
        None, description="Width through height; null before the picture was read.", examples=[1.5]
    )
    blurhash: str | None = Field(
        None,
        description="A placeholder to show until the thumbnail is loaded; null before it was read.",
        examples=["LEHV6nWB2yk8pyo0adR*.7kCMdnj"],
    )
    taken_at: datetime = Field(
        description="The instant, ISO 8601 in UTC. Without an offset, the wall time read as UTC.",
        examples=["2026-06-13T17:42:07Z"],
    )
    taken_at_local: WallTime = Field(
        description="The wall time where it was taken, ISO 8601.", examples=["2026-06-13T18:42:07"]
    )
    taken_at_offset: Offset | None = Field(
        None,
        description="Of the wall time from UTC; null where it is unknown.",
        examples=["+01:00"],
    )
    taken_at_source: OffsetSource = Field(
        "none",
        description="Where the offset is from; `none` where it is unknown.",
        examples=["gps"],
    )
    favorite: bool = Field(
        description="Whether the owner marked it as a favorite.", examples=[True]
    )
    duration: float | None = Field(
        None,
        description="Seconds that a moving picture lasts; null for a still one.",
        examples=[None],
    )
    thumbnail_url: str | None = Field(
        None,
        description="The variant for a grid, presigned; null before it exists.",
        examples=[MEDIA_URL_EXAMPLE],
    )


class Place(RequestBody):
    """A position. Without city, region and country, these are looked up."""

    lat: Annotated[
        float, Field(description="Latitude, degrees north.", examples=[38.6777], ge=-90, le=90)
    ]
    lon: Annotated[
        float, Field(description="Longitude, degrees east.", examples=[-9.3363], ge=-180, le=180)
    ]
    altitude: Annotated[float, Field(ge=-20_000, le=100_000)] | None = Field(
        None, description="Metres above sea level.", examples=[4.0]
    )
    city: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="The town; at most 200 characters.", examples=["Carcavelos"]
    )
    region: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="The state or province; at most 200 characters.", examples=["Lisbon"]
    )
    country: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="The country; at most 200 characters.", examples=["Portugal"]
    )

    def to_location(self) -> Location:
        names = {
            name: clean_line(getattr(self, name) or "") or None
            for name in ("city", "region", "country")
        }
        return Location(lat=self.lat, lon=self.lon, altitude=self.altitude, **names)


def _to_own_time(time: datetime) -> OwnTime:
    offset = time.utcoffset()
    minutes = None if offset is None else offset // timedelta(minutes=1)
    return OwnTime(to_local(time.replace(tzinfo=UTC)), minutes)


class PhotoPatch(RequestBody):
    """Changes the fields that are sent. Null clears; `taken_at: null` restores the file's time.

    `taken_at` is the wall time where the photo was taken, `2024-01-01T00:30+09:00` with its offset
    or `2024-01-01T00:30` without. Then the offset is that of the file, else of the zone at the
    photo's position, else of the owner's home zone.
    """

    model_config = ConfigDict(
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

    caption: Annotated[str, Field(max_length=5_000)] | None = Field(
        None,
        description="A description, at most 5000 characters; null removes it.",
        examples=["The last swim of the day"],
    )
    favorite: bool = Field(False, description="Whether the photo is a favorite.", examples=[True])
    taken_at: WallTimeField | None = Field(
        None,
        description="The wall time, ISO 8601, with or without its offset; null restores the"
        " file's.",
        examples=["2026-06-13T18:42:07+01:00"],
    )
    location: Place | None = Field(
        None,
        description="Where it was taken; null removes the position.",
        examples=[{"lat": 38.6777, "lon": -9.3363}],
    )
    rating: Annotated[int, Field(ge=0, le=5)] | None = Field(
        None, description="Stars, 0 to 5; null removes them.", examples=[4]
    )
    tags_add: Annotated[list[TagText], Field(max_length=100)] = Field(
        [],
        description="Tags to add, at most 100 of at most 64 characters.",
        examples=[["lisbon 2026"]],
    )
    tags_remove: Annotated[list[TagText], Field(max_length=100)] = Field(
        [],
        description="Tags to remove, the owner's or those read from the picture.",
        examples=[["beach"]],
    )

    def to_patch(self) -> EditPatch:
        """Raises `InvalidTag`."""
        fields_set = self.model_fields_set
        place = self.location
        return EditPatch(
            caption=(clean_text(self.caption or "") or None) if "caption" in fields_set else UNSET,
            favorite=self.favorite if "favorite" in fields_set else UNSET,
            taken_at=(_to_own_time(self.taken_at) if self.taken_at else None)
            if "taken_at" in fields_set
            else UNSET,
            location=(place.to_location() if place else None)
            if "location" in fields_set
            else UNSET,
            rating=self.rating if "rating" in fields_set else UNSET,
            tags_add=tuple(map(clean_tag, self.tags_add)),
            tags_remove=tuple(self.tags_remove),
        )


_VALUES: Final[dict[BatchAction, str]] = {
    "add_tags": "tags",
    "remove_tags": "tags",
    "shift_time": "shift",
    "set_time_zone": "time_zone",
}
"""The field that an action needs, and no other takes."""


class PhotoAction(RequestBody):
    """An action on photos, with the value that it needs."""

    action: BatchAction = Field(description="What is done to each photo.")
    tags: Annotated[list[TagText], Field(max_length=100)] = Field(
        [], description="For `add_tags` and `remove_tags`.", examples=[["lisbon 2026"]]
    )
    shift: Shift | None = Field(
        None,
        description="For `shift_time`: what is added to each wall time, an ISO 8601 duration. A"
        " repetition shifts again; with the same `Idempotency-Key` it does not.",
        examples=["-PT8H"],
    )
    time_zone: TimeZone | None = Field(
        None,
        description="For `set_time_zone`: an IANA zone, or an offset such as `+09:00`. The time"
        " of a camera's clock stays; where there is none but satellite time or the"
        " upload's, the instant stays.",
        examples=["Asia/Tokyo"],
    )

    @model_validator(mode="after")
    def _has_its_value_alone(self) -> Self:
        own = _VALUES.get(self.action)
        if own and not getattr(self, own):
            raise ValueError(f"{own} is needed for this action")
        for name in sorted(set(_VALUES.values()) - {own}):
            if getattr(self, name):
                raise ValueError(f"{name} is not for this action")
        return self

    def to_values(self) -> BatchValues:
        """Raises `InvalidTag`."""
        adding = self.action == "add_tags"
        tags = tuple(map(clean_tag, self.tags) if adding else self.tags)
        return BatchValues(tags=tags, shift=self.shift, time_zone=self.time_zone)


class Batch(PhotoAction):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": [PHOTO_ID_EXAMPLE], "action": "add_tags", "tags": ["lisbon 2026"]}]
        },
    )

    ids: Annotated[
        list[PhotoIdText],
        Field(
            description="The photos, at most 500.",
            examples=[[PHOTO_ID_EXAMPLE]],
            min_length=1,
            max_length=MAX_IDS,
        ),
    ]


class BatchResult(BaseModel):
    id: str = Field(description="The photo's id.", examples=[PHOTO_ID_EXAMPLE])
    ok: bool = Field(description="Whether the action was done.", examples=[True])
    version: int | None = Field(
        None, description="The photo's version afterwards; null if not ok.", examples=[4]
    )
    code: str | None = Field(None, description="Of the problem; null if ok.", examples=[None])
    detail: str | None = Field(
        None, description="The problem in words; null if ok.", examples=[None]
    )


class BatchResults(BaseModel):
    results: list[BatchResult] = Field(description="One for each photo of the request.")
