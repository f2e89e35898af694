"""`/auth/refresh`, `/auth/sessions` and the log-outs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Cookie, Depends, Request, Response, status

from pichaven_chassis import ended_sessions
from pichaven_chassis.ids import PathId
from pichaven_chassis.pagination import Page
from pichaven_chassis.problems import NotFound, Unauthorized, problem_responses
from pichaven_chassis.response_headers import header_response
from pichaven_identity.caller import OptionalUser, RequestClient, SessionUser
from pichaven_identity.container import Injected
from pichaven_identity.errors import InvalidRefreshToken, RefreshTokenReused, SessionRequired
from pichaven_identity.sessions.refresh_cookie import REFRESH_COOKIE, SET_COOKIE
from pichaven_identity.sessions.schemas import (
    REFRESH_EXAMPLE,
    EndedSessions,
    LiveSession,
    RefreshRequest,
    Tokens,
)

router = APIRouter(prefix="/auth", tags=["auth"])
internal_router = APIRouter(include_in_schema=False)


async def get_refresh_token(
    body: Annotated[RefreshRequest | None, Body()] = None,
    cookie: Annotated[
        str | None,
        Cookie(
            alias=REFRESH_COOKIE,
            description="The refresh token, where the body has none.",
            max_length=256,
            examples=[REFRESH_EXAMPLE],
        ),
    ] = None,
) -> str | None:
    return (body.refresh_token if body else None) or cookie


RefreshToken = Annotated[str | None, Depends(get_refresh_token)]


@router.post(
    "/refresh",
    responses=problem_responses(InvalidRefreshToken, RefreshTokenReused)
    | header_response(status.HTTP_200_OK, "Set-Cookie", SET_COOKIE),
)
async def refresh(
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
    refresh_token: RefreshToken,
) -> Tokens:
    """Trade a refresh token for a new pair. A token used a second time ends its session."""
    if not refresh_token:
        raise InvalidRefreshToken("Send a refresh token in the body or the cookie.")
    tokens = await container.refresh_session(refresh_token, client)
    container.refresh_cookie.set(request, response, tokens)
    return Tokens.from_pair(tokens)


@router.post(
    "/logout",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(Unauthorized)
    | header_response(status.HTTP_204_NO_CONTENT, "Set-Cookie", SET_COOKIE),
    # The access token is optional.
    openapi_extra={"security": [{}]},
)
async def log_out(
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
    principal: OptionalUser,
    refresh_token: RefreshToken,
) -> None:
    """End this session, named by the access token or by the refresh token.

    Access tokens of it are refused within seconds; streams and uploads in progress end.
    """
    await container.log_out(refresh_token=refresh_token, principal=principal, client=client)
    container.refresh_cookie.clear(request, response)


@router.post(
    "/logout-all",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(Unauthorized, SessionRequired)
    | header_response(status.HTTP_204_NO_CONTENT, "Set-Cookie", SET_COOKIE),
)
async def log_out_everywhere(
    user: SessionUser,
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
) -> None:
    """End all of this user's sessions, this one with them. API keys stay."""
    await container.log_out_everywhere(user.user_id, client)
    container.refresh_cookie.clear(request, response)


@router.get("/sessions", responses=problem_responses(Unauthorized, SessionRequired))
async def sessions(user: SessionUser, container: Injected) -> Page[LiveSession]:
    """The caller's sessions, the one used last first; all of them on one page."""
    live = await container.list_sessions(user.user_id)
    return Page[LiveSession](
        items=[LiveSession.from_session(each, current_id=user.session_id) for each in live]
    )


@router.delete(
    "/sessions/{session_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(Unauthorized, SessionRequired, NotFound),
)
async def end_session(
    session_id: PathId, user: SessionUser, container: Injected, client: RequestClient
) -> None:
    """End one of the caller's sessions. Access tokens of it are refused within seconds."""
    await container.end_session(session_id, user.user_id, client)


@internal_router.get(ended_sessions.PATH)
async def list_ended(container: Injected, after: datetime | None = None) -> EndedSessions:
    """Sessions that have ended and may have access tokens that have not expired."""
    page = await container.list_ended_sessions(after)
    return EndedSessions(session_ids=list(page.session_ids), next_after=page.next_after)
