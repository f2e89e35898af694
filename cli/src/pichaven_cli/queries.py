"""Photos of a list, as options of commands name them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

_ALL: Final = "all"
_TRUTH: Final = {"true": True, "false": False}
_FLAGS: Final = ("favorite", "trashed")
_NAMES: Final = (*_FLAGS, "tag", "status", "from", "to")

Query = Annotated[
    list[str] | None,
    typer.Option(
        "--query",
        "-q",
        metavar="NAME=VALUE",
        help=f"Instead of ids, photos that all fit: {', '.join(_NAMES)}; or `{_ALL}`.",
    ),
]


ChangedBy = Annotated[
    str | None,
    typer.Option("--changed-by", metavar="JOB", help="Instead of ids, photos that a job changed."),
]


def to_selection(photo_ids: Sequence[str] | None, query: Sequence[str] | None) -> dict[str, Any]:
    """Return the ids or the query as the API has it.

    Raises `typer.BadParameter` for neither and for both, and for what is no filter.
    """
    if bool(photo_ids) is bool(query):
        raise typer.BadParameter("name photos by their ids, or by --query", param_hint="IDS")
    if photo_ids:
        return {"ids": list(dict.fromkeys(photo_ids))}
    return {"query": to_query(query or ())}


def to_query(parts: Sequence[str]) -> dict[str, Any]:
    """Return the filters as the API has them. Raises `typer.BadParameter`."""
    filters: dict[str, Any] = {}
    if list(parts) == [_ALL]:
        return filters
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or name not in _NAMES or name in filters:
            raise typer.BadParameter(
                f"{part}: write NAME=VALUE once for each of {', '.join(_NAMES)}, or `{_ALL}` alone",
                param_hint="--query",
            )
        if name in _FLAGS and value not in _TRUTH:
            raise typer.BadParameter(f"{part}: write true or false", param_hint="--query")
        filters[name] = _TRUTH[value] if name in _FLAGS else value
    return filters
