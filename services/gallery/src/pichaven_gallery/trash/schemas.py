"""Responses about the trash."""

from pydantic import Field

from pichaven_gallery.photos.schemas import PhotoPage


class TrashPage(PhotoPage):
    keep_days: float = Field(
        description="How many days a photo stays in the trash before it is removed for good.",
        examples=[30.0],
    )
