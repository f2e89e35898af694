"""Query parameters that list names, as `variants=400,1920` does, and those that are dates."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from fastapi import Query

from pichaven_chassis.clock import has_offset, parse_day, parse_moment
from pichaven_chassis.problems import FieldError, InvalidRequest, Problem

MAX_NAMES_LENGTH: Final = 200
"""Of the text of such a parameter."""


class UnknownName(Problem):
    """Raised for a name that is none of those a query parameter may list."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "unknown_name"
    title: ClassVar[str] = "A name in the query is unknown"


class InvalidDate(InvalidRequest):
    """Raised for a value of a request that is no date, or neither a date nor a time."""

    code: ClassVar[str] = "invalid_date"
    title: ClassVar[str] = "Not a date"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(
            f"{path.rpartition('.')[2]}: {message}", errors=[FieldError(path=path, message=message)]
        )


def read_date(path: str, text: str, *, into_day: timedelta = timedelta()) -> tuple[datetime, bool]:
    """Return the date or time of a value in UTC, and whether it has an offset of its own.

    `path` says where it was sent, like `query.from`. A date stands for the moment `into_day` after
    its midnight. Raises `InvalidDate`.
    """
    try:
        return parse_moment(text, into_day=into_day), has_offset(text)
    except (ValueError, OverflowError):
        raise InvalidDate(
            path, "Not a date like 2026-11-21 or a time like 2026-11-21T08:30:00Z."
        ) from None


def read_day(path: str, text: str) -> date:
    """Return the day of a value that was sent at `path`. Raises `InvalidDate`."""
    try:
        return parse_day(text)
    except ValueError:
        raise InvalidDate(path, "Not a date like 2026-11-21.") from None


def names_query(
    choices: Collection[str], *, description: str, example: str, alias: str | None = None
) -> Any:
    """Return the FastAPI parameter that lists some of the choices, for `read_names`."""
    name = f"({'|'.join(choices)})"
    return Query(
        alias=alias,
        description=description,
        examples=[example],
        # Without a name it lists none.
        min_length=0,
        max_length=MAX_NAMES_LENGTH,
        # For the document alone: `read_names` says which name is unknown.
        json_schema_extra={"pattern": f"^({name}(,{name})*)?$"},
    )


def read_names(
    parameter: str, text: str | None, choices: Collection[str]
) -> tuple[str, ...] | None:
    """Return the names that a parameter lists, separated by commas; None without the parameter.

    Each comes once, in the order of the request. Raises `UnknownName`.
    """
    if text is None:
        return None
    names = dict.fromkeys(name for part in text.split(",") if (name := part.strip()))
    for name in names:
        if name not in choices:
            message = f"{name!r} is none of {', '.join(choices)}."
            raise UnknownName(
                f"{parameter}: {message}",
                errors=[FieldError(path=f"query.{parameter}", message=message)],
            )
    return tuple(names)
