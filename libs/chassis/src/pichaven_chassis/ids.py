"""Identifiers: new ones in time order, derived ones the same at every attempt."""

import re
import uuid
from typing import Annotated, Final

import uuid_utils
from fastapi import Path
from pydantic import AfterValidator

from pichaven_chassis.problems import NotFound

_NAMESPACE: Final = uuid.UUID("5a1c9f0e-7c1d-5b52-9f4e-0b6d6a0a7f11")
_TIME_SHIFT: Final = 80
"""Below the 48 bits of time with which a UUIDv7 begins, RFC 9562."""
_CANONICAL: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """Return a UUIDv7, which sorts by its creation time."""
    return str(uuid_utils.uuid7())


def id_at(milliseconds: int) -> str:
    """Return the least of the UUIDv7 of a time since 1970."""
    return str(uuid.UUID(int=milliseconds << _TIME_SHIFT))


def milliseconds_of(id_: str) -> int:
    """Return when a UUIDv7 was made, since 1970."""
    return uuid.UUID(id_).int >> _TIME_SHIFT


def derived_id(*parts: str) -> str:
    """Return a UUIDv5 of the parts: the same cause gives the same id at every attempt."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def is_id(text: str) -> bool:
    """Return whether the text is a UUID in canonical form."""
    return _CANONICAL.fullmatch(text) is not None


def _path_id(text: str) -> str:
    if not is_id(text):
        raise NotFound("There is nothing here under this id.")
    return text


PathId = Annotated[
    str,
    Path(
        description="A UUID, version 7.",
        min_length=1,
        max_length=64,
        examples=["019ec528-9348-7b1c-9d42-6f0e8a5b3c11"],
    ),
    AfterValidator(_path_id),
]
"""A path parameter that is an id; any other text is answered with 404."""
