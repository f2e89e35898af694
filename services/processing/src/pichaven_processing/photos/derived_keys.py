"""Keys of derived objects: they name the original's bytes and the pipeline's version."""

from typing import Final

PIPELINE_VERSION: Final = 2
"""Incremented whenever the same original would give other derived bytes or facts."""


def photo_prefix(owner_id: str, photo_id: str) -> str:
    """Return the prefix of everything that was ever derived from a photo."""
    return f"derived/{owner_id}/{photo_id}/"


def derived_prefix(owner_id: str, photo_id: str, sha256: str) -> str:
    """Return the prefix of what this pipeline derives from one original."""
    return f"{photo_prefix(owner_id, photo_id)}{sha256[:16]}-p{PIPELINE_VERSION}/"


def derived_key(owner_id: str, photo_id: str, sha256: str, name: str, format_: str) -> str:
    return f"{derived_prefix(owner_id, photo_id, sha256)}{name}.{format_}"
