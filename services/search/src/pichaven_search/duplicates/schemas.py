"""The response models of near duplicates."""

from pydantic import BaseModel, Field

from pichaven_chassis.pagination import CURSOR_EXAMPLE
from pichaven_contracts.api import MODEL_EXAMPLE, PHOTO_ID_EXAMPLE, Photo
from pichaven_search.duplicates.grouping import Tier


class DuplicateGroup(BaseModel):
    id: str = Field(
        description="The same as long as the group's first photo is.", examples=[PHOTO_ID_EXAMPLE]
    )
    tier: Tier = Field(
        description="`same`: one picture in several files; `moment`: taken within a minute."
    )
    photos: list[Photo] = Field(description="At most 50.")
    count: int = Field(description="Photos in the group, when it was found.", examples=[2])
    keeper: str = Field(
        description="The id of the photo that is worth keeping.", examples=[PHOTO_ID_EXAMPLE]
    )
    why: list[str] = Field(
        description="What speaks for it, the weightiest first: favorite, rating, more_pixels,"
        " camera_data, location, described, better_format, larger_file, oldest.",
        examples=[["favorite", "more_pixels"]],
    )
    likeness: float = Field(
        description="The least cosine of any to the group's first.", examples=[0.991]
    )


class DuplicatesPage(BaseModel):
    items: list[DuplicateGroup] = Field(
        description="The groups of this page, those with the newest photos first."
    )
    total: int = Field(description="Groups of this tier, without dismissed ones.", examples=[38])
    dismissed: int = Field(description="Groups of this tier that are dismissed.", examples=[2])
    complete: bool = Field(
        description="False where so many photos are alike that not all were compared.",
        examples=[True],
    )
    model: str = Field(
        description="The embedding model by which photos were compared.", examples=[MODEL_EXAMPLE]
    )
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last.", examples=[CURSOR_EXAMPLE]
    )
