"""Query parameters that list names, as `variants=400,1920` does."""

from collections.abc import Collection
from typing import ClassVar, Final

from pichaven_chassis.problems import FieldError, Problem

MAX_NAMES_LENGTH: Final = 200
"""Of the text of such a parameter."""


class UnknownName(Problem):
    """Raised for a name that is none of those a query parameter may list."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "unknown_name"
    title: ClassVar[str] = "A name in the query is unknown"


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
