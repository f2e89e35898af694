"""The photos of an index that have an embedding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbeddedPhoto:
    """A photo with an embedding in an index."""

    photo_id: str
    owner_id: str
