"""The response models of near duplicates."""

from pydantic import BaseModel, Field

from pichaven_contracts.api import Photo
from pichaven_search.duplicates.grouping import Tier


class DuplicateGroup(BaseModel):
    id: str = Field(description="The same as long as the group's first photo is.")
    tier: Tier
    photos: list[Photo] = Field(description="At most 50.")
    count: int = Field(description="Photos in the group, when it was found.")
    keeper: str = Field(description="The id of the photo that is worth keeping.")
    why: list[str] = Field(
        description="What speaks for it, the weightiest first: favorite, rating, more_pixels,"
        " camera_data, location, described, better_format, larger_file, oldest."
    )
    likeness: float = Field(description="The least cosine of any to the group's first.")


class DuplicatesPage(BaseModel):
    items: list[DuplicateGroup]
    total: int = Field(description="Groups of this tier.")
    complete: bool = Field(
        description="False where so many photos are alike that not all were compared."
    )
    model: str
    next_cursor: str | None
