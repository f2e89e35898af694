"""Lists by keyset: a page knows where the next one starts, never how many came before."""

import base64
import binascii
import json
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from pichaven_chassis.problems import Problem

T = TypeVar("T")

_LONGEST_CURSOR: Final = 4096

Limit = Annotated[int, Query(ge=1, le=500, description="Items in a page.")]
"""Query parameter; give it the default 50."""


class InvalidCursor(Problem):
    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_cursor"
    title: ClassVar[str] = "The cursor is not one of ours"


class Page(BaseModel, Generic[T]):
    """One page; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(position: dict[str, Any]) -> str:
    """An opaque cursor of JSON values."""
    raw = json.dumps(position, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> dict[str, Any] | None:
    """The position a cursor stands for; `InvalidCursor` for anything that we did not make.

    The caller still checks the values' types: a cursor is a client's input.
    """
    if cursor is None or cursor == "":
        return None
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = json.loads(raw)
        if not isinstance(position, dict):
            raise ValueError  # noqa: TRY004
    except (ValueError, binascii.Error, RecursionError):
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.") from None
    return position
