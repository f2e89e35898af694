"""Keyset pagination: a cursor holds the sort key of a page's last item, never an offset."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, Generic, Self, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from pichaven_chassis.ids import is_id
from pichaven_chassis.problems import Problem

T = TypeVar("T")

_LONGEST_CURSOR: Final = 4096
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(milliseconds=1)
_EARLIEST_MS: Final = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // _TICK
_LATEST_MS: Final = (datetime(9999, 11, 30, tzinfo=UTC) - _EPOCH) // _TICK

Limit = Annotated[int, Query(ge=1, le=500, description="Items in a page.", examples=[50])]
"""Query parameter; give it the default 50."""
CURSOR_EXAMPLE: Final = (
    "eyJpIjoiMDE5ZWM1MjgtOTM0OC03YjFjLTlkNDItNmYwZThhNWIzYzExIiwidCI6MTc4MTM3MjUyNzAwMH0"
)
Cursor = Annotated[
    str | None,
    Query(
        description="`next_cursor` of the page before; empty for the first.",
        examples=[CURSOR_EXAMPLE],
        min_length=0,
    ),
]
"""Query parameter; give it the default None."""


class InvalidCursor(Problem):
    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_cursor"
    title: ClassVar[str] = "The cursor is not valid here"


class Page(BaseModel, Generic[T]):
    """One page; `next_cursor` is null on the last."""

    items: list[T] = Field(description="The items of this page, in the order of the list.")
    next_cursor: str | None = Field(
        None,
        description="`cursor` of the next page; null on the last.",
        examples=[CURSOR_EXAMPLE],
    )


def encode_cursor(values: dict[str, Any]) -> str:
    """Return an opaque cursor of JSON values."""
    raw = json.dumps(values, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> dict[str, Any] | None:
    """Return the values of a cursor, None for none.

    Raises `InvalidCursor` for what `encode_cursor` did not make. The caller still checks the
    values' types: a cursor is a client's input.
    """
    if cursor is None or cursor == "":
        return None
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw)
        if not isinstance(values, dict):
            raise ValueError  # noqa: TRY004
    except (ValueError, binascii.Error, RecursionError):
        raise InvalidCursor("Pass the next_cursor of the page before, unchanged.") from None
    return values


@dataclass(frozen=True, slots=True)
class TimeCursor:
    """The sort key (time, id) of a page's last item; times count in milliseconds since 1970."""

    at_ms: int
    id: str

    @classmethod
    def at(cls, moment: datetime, item_id: str) -> Self:
        """Return the cursor of an item at an aware time."""
        return cls((moment - _EPOCH) // _TICK, item_id)

    @property
    def moment(self) -> datetime:
        return _EPOCH + self.at_ms * _TICK

    def encode(self, kind: str = "") -> str:
        """Return the opaque form; `kind` names the list, so that it is valid in no other."""
        values: dict[str, Any] = {"t": self.at_ms, "i": self.id}
        return encode_cursor(values | ({"k": kind} if kind else {}))

    @classmethod
    def decode(cls, cursor: str | None, kind: str = "") -> Self | None:
        """Return the cursor of the same `kind`, None for none. Raises `InvalidCursor`."""
        values = decode_cursor(cursor)
        if values is None:
            return None
        at_ms, item_id = values.get("t"), values.get("i")
        if values.get("k", "") != kind or type(at_ms) is not int or not isinstance(item_id, str):
            raise InvalidCursor("The cursor belongs to another list.")
        if not is_id(item_id) or not _EARLIEST_MS <= at_ms <= _LATEST_MS:
            raise InvalidCursor("The cursor is damaged.")
        return cls(at_ms, item_id)
