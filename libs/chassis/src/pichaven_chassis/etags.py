"""Entity tags (RFC 9110): conditional reads and changes."""

import hashlib
import re
from typing import Annotated, Any, ClassVar, Final

from fastapi import Depends, Header, Request, Response, status

from pichaven_chassis.problems import PreconditionFailed, Problem

_TAG: Final = r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_TAGS: Final = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*")
_CHANGED: Final = "Read it again and repeat the change on what you find."


class InvalidIfMatch(Problem):
    """Raised for an `If-Match` that is neither `*` nor a list of entity tags."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_if_match"
    title: ClassVar[str] = "The If-Match header cannot be read"

    def __init__(self) -> None:
        super().__init__('Send the ETag of a response as it came, like If-Match: "3".')


NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The client has it already."}
}
"""FastAPI's `responses=` of routes that call `not_modified`."""


def etag(version: int | str) -> str:
    """Return the strong tag of a version."""
    return f'"{version}"'


def content_etag(body: str) -> str:
    """Return the strong tag of a representation that has no version."""
    return etag(hashlib.sha256(body.encode()).hexdigest()[:16])


def _parse_tags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def not_modified(request: Request, tag: str) -> bool:
    """Return whether the request's `If-None-Match` names this tag."""
    header = request.headers.get("if-none-match")
    return header is not None and (header.strip() == "*" or tag in _parse_tags(header))


def tagged_by_content(request: Request, body: str) -> Response:
    """Return a JSON body under the tag of its content, or 304 where the client has it.

    Clients may keep it and ask each time whether it is still the same.
    """
    tag = content_etag(body)
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


class ExpectedTags:
    """The condition of a change: that the resource has one of these tags.

    A weak tag counts as the strong one, since proxies weaken tags of what they compress.
    """

    def __init__(self, tags: frozenset[str] | None = None) -> None:
        self._tags = tags
        """Without quotes; None without a condition or for `*`, which any resource meets."""

    def __bool__(self) -> bool:
        return self._tags is not None

    def check(self, tag: str) -> None:
        """Raise `PreconditionFailed` unless the resource's tag, in quotes, is expected."""
        if self._tags is not None and tag.strip('"') not in self._tags:
            raise PreconditionFailed(_CHANGED)

    def check_version(self, version: int) -> None:
        """Raise `PreconditionFailed` unless a tag is of the version: `"3"` or `"3-…"`."""
        if self._tags is not None and not any(
            tag.partition("-")[0] == str(version) for tag in self._tags
        ):
            raise PreconditionFailed(_CHANGED)


def parse_if_match(lines: list[str]) -> ExpectedTags:
    """Return the condition of the `If-Match` lines of a request. Raises `InvalidIfMatch`."""
    header = ",".join(lines).strip()
    if not lines or header == "*":
        return ExpectedTags()
    if _TAGS.fullmatch(header) is None:
        raise InvalidIfMatch
    return ExpectedTags(frozenset(re.findall(_TAG, header)))


async def expected_tags(
    request: Request,
    _if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The `ETag` that the resource must still have, else 412; `*` for any.",
            examples=['"3"'],
        ),
    ] = None,
) -> ExpectedTags:
    """FastAPI dependency: the request's condition. Raises `InvalidIfMatch`."""
    return parse_if_match(request.headers.getlist("if-match"))


IfMatch = Annotated[ExpectedTags, Depends(expected_tags)]
"""For routes that change or remove what has an `ETag`."""
