"""Routes for the other services and for the gateway."""

from typing import Any, ClassVar, Final

from fastapi import APIRouter, Response

from pichaven_chassis.problems import (
    NotFound,
    Problem,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from pichaven_identity.accounts.schemas import Exchanged, ExchangeRequest
from pichaven_identity.caller import Cases

_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


class BodyTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "body_too_large"
    title: ClassVar[str] = "The request is too large"


class UpstreamAway(Unavailable):
    status: ClassVar[int] = 502
    code: ClassVar[str] = "unavailable"


class UpstreamSilent(Unavailable):
    status: ClassVar[int] = 504
    code: ClassVar[str] = "unavailable"


def key_set_router(*, in_schema: bool = True) -> APIRouter:
    made = APIRouter(tags=["keys"], include_in_schema=in_schema)

    @made.get("/.well-known/jwks.json")
    async def key_set(response: Response, cases: Cases) -> dict[str, Any]:
        """The public keys that access tokens are signed with (RFC 7517)."""
        response.headers["Cache-Control"] = "public, max-age=300"
        return await cases.key_set()

    return made


def router() -> APIRouter:
    made = APIRouter(prefix="/internal", include_in_schema=False)

    @made.post("/api-keys/exchange", responses=problem_responses(Unauthorized))
    async def exchange(asked: ExchangeRequest, cases: Cases) -> Exchanged:
        """A short access token for an API key."""
        token = await cases.exchange_api_key(asked.api_key)
        return Exchanged(access_token=token.text, expires_in=token.expires_in)

    @made.api_route("/problems/{code}", methods=_METHODS)
    async def problem(code: int) -> None:
        """What the gateway answers by itself, in the form of all other problems."""
        raise _gateway_problem(code)

    return made


def _gateway_problem(code: int) -> Problem:
    match code:
        case 413:
            return BodyTooLarge("The body is larger than this call takes.")
        case 502:
            return UpstreamAway()
        case 504:
            return UpstreamSilent("A part of PicHaven takes too long. Try again in a moment.")
        case _:
            return NotFound("There is nothing at this address.")
