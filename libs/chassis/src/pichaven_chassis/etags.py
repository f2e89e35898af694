"""Entity tags: reads that cost nothing when nothing changed, changes that overwrite nothing."""

from fastapi import Request

from pichaven_chassis.problems import PreconditionFailed


def etag(version: int | str) -> str:
    return f'"{version}"'


def _listed(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def not_modified(request: Request, tag: str) -> bool:
    """Whether the client's `If-None-Match` already names this state."""
    header = request.headers.get("if-none-match")
    return header is not None and (header.strip() == "*" or tag in _listed(header))


def check_if_match(request: Request, tag: str) -> None:
    """`PreconditionFailed` when the client names states and none is the present one."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*" or tag in _listed(header):
        return
    raise PreconditionFailed("Read it again and repeat the change on what you find.")
