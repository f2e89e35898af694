"""The problems that the gateway serves for requests that reach no service."""

from typing import ClassVar, Final

from fastapi import APIRouter

from pichaven_chassis.problems import NotFound, Problem, Unavailable

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


class BodyTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "body_too_large"
    title: ClassVar[str] = "The request is too large"


class BadGateway(Unavailable):
    status: ClassVar[int] = 502


class GatewayTimeout(Unavailable):
    status: ClassVar[int] = 504


internal_router = APIRouter(prefix="/internal", include_in_schema=False)


@internal_router.api_route("/problems/{code}", methods=_METHODS)
async def problem(code: int) -> None:
    """Answer with the problem of an HTTP status."""
    match code:
        case 413:
            raise BodyTooLarge("The body is larger than this call takes.")
        case 502:
            raise BadGateway
        case 504:
            raise GatewayTimeout("A part of PicHaven takes too long. Try again in a moment.")
        case _:
            raise NotFound("There is nothing at this address.")
