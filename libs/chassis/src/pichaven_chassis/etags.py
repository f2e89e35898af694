"""Entity tags (RFC 9110): conditional reads and changes."""

from fastapi import Request

from pichaven_chassis.problems import PreconditionFailed


def etag(version: int | str) -> str:
    """Return the strong tag of a version."""
    return f'"{version}"'


def _parse_tags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def not_modified(request: Request, tag: str) -> bool:
    """Return whether the request's `If-None-Match` names this tag."""
    header = request.headers.get("if-none-match")
    return header is not None and (header.strip() == "*" or tag in _parse_tags(header))


def check_if_match(request: Request, tag: str) -> None:
    """Raise `PreconditionFailed` when the request's `If-Match` names other tags only."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*" or tag in _parse_tags(header):
        return
    raise PreconditionFailed("Read it again and repeat the change on the current version.")
