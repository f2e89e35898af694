"""Stored originals: content-addressed keys and reference counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ORIGINALS: Final = "originals/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored original and its references. One without references is removed.

    References are uploads, not photos: a photo may get the same object again through a later
    upload, and releasing the earlier reference must not release the later one.
    """

    key: str
    owner_id: str
    sha256: str
    size: int
    held_by: Sequence[str]
    verified: bool = False


def original_key(owner_id: str, sha256: str, upload_id: str, suffix: str) -> str:
    """Return an original's key. The owner comes first: digests are shared within an owner only."""
    return f"{ORIGINALS}{owner_id}/{sha256}/{upload_id}{suffix}"


def scratch_key(owner_id: str, upload_id: str) -> str:
    """Return the key of an original whose digest is not known yet."""
    return f"{ORIGINALS}{owner_id}/incoming/{upload_id}"


def upload_id_of(key: str) -> str:
    """Return the upload that a key under `originals/` was made for."""
    return key.rsplit("/", 1)[-1].split(".", 1)[0]
