"""Where derived objects lie. Keys say what they were made from and by which pipeline."""

from typing import Final

PIPELINE_VERSION: Final = 1
"""Raised whenever the same original would give other derived bytes or facts."""


def photo_prefix(owner_id: str, photo_id: str) -> str:
    """Everything that was ever derived of a photo lies under this."""
    return f"derived/{owner_id}/{photo_id}/"


def derived_prefix(owner_id: str, photo_id: str, sha256: str) -> str:
    """What this pipeline derives of one original."""
    return f"{photo_prefix(owner_id, photo_id)}{sha256[:16]}-p{PIPELINE_VERSION}/"


def derived_key(owner_id: str, photo_id: str, sha256: str, name: str, format_: str) -> str:
    return f"{derived_prefix(owner_id, photo_id, sha256)}{name}.{format_}"
