"""The problems that the gateway serves for requests that reach no service.

Every service has them, so that any that runs can answer for one that does not.
"""

from typing import ClassVar, Final

from fastapi import APIRouter

from pichaven_chassis.problems import BodyTooLarge, NotFound, Problem, Unavailable

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


class InvalidPath(Problem):
    """Answered for a path with characters that parsers may decode differently."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_path"
    title: ClassVar[str] = "The path cannot be read"


class BadGateway(Unavailable):
    status: ClassVar[int] = 502


class GatewayTimeout(Unavailable):
    status: ClassVar[int] = 504


router = APIRouter(prefix="/internal", include_in_schema=False)


@router.api_route("/problems/{code}", methods=_METHODS)
async def problem(code: int) -> None:
    """Answer with the problem of an HTTP status."""
    match code:
        case 400:
            raise InvalidPath("The path has an encoded /, \\, ;, %, ?, # or NUL.")
        case 413:
            raise BodyTooLarge
        case 502:
            raise BadGateway
        case 503:
            raise Unavailable
        case 504:
            raise GatewayTimeout("A part of PicHaven takes too long. Try again in a moment.")
        case _:
            raise NotFound("There is nothing at this address.")
