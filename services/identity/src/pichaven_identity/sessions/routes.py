"""Registering, logging in and out, and all about sessions."""

from typing import Annotated

from fastapi import APIRouter, Body, Cookie, Request, Response, status

from pichaven_chassis.problems import InvalidRequest, Unauthorized, problem_responses
from pichaven_identity.accounts.schemas import (
    Credentials,
    PasswordChange,
    RefreshRequest,
    Registration,
    SignedIn,
    Tokens,
)
from pichaven_identity.caller import (
    COOKIE,
    Cases,
    From,
    MaybeUser,
    Person,
    clear_refresh_cookie,
    set_refresh_cookie,
)
from pichaven_identity.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    InvalidRefreshToken,
    PasswordRefused,
    RefreshTokenReused,
    RegistrationClosed,
    SessionRequired,
    TooManyAttempts,
)

_RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=256)]
_MaybeRefresh = Annotated[RefreshRequest | None, Body()]


def router() -> APIRouter:
    made = APIRouter(prefix="/auth", tags=["auth"])
    _add_entrance(made)
    _add_exit(made)
    return made


def _add_entrance(made: APIRouter) -> None:
    @made.post(
        "/register",
        status_code=status.HTTP_201_CREATED,
        responses=problem_responses(
            RegistrationClosed, EmailTaken, InvalidEmail, PasswordRefused, InvalidRequest
        ),
    )
    async def register(
        asked: Registration, request: Request, response: Response, cases: Cases, client: From
    ) -> SignedIn:
        """Make an account and log in. The refresh token comes as an HttpOnly cookie too."""
        account, pair = await cases.register(
            email=asked.email, password=asked.password, name=asked.name, client=client
        )
        set_refresh_cookie(request, response, pair)
        return SignedIn.with_user(account, pair)

    @made.post("/login", responses=problem_responses(InvalidCredentials, TooManyAttempts))
    async def log_in(
        asked: Credentials, request: Request, response: Response, cases: Cases, client: From
    ) -> SignedIn:
        """Log in. After some failures each further attempt has to wait twice as long."""
        account, pair = await cases.log_in(
            email=asked.email, password=asked.password, client=client
        )
        set_refresh_cookie(request, response, pair)
        return SignedIn.with_user(account, pair)

    @made.post("/refresh", responses=problem_responses(InvalidRefreshToken, RefreshTokenReused))
    async def refresh(
        request: Request,
        response: Response,
        cases: Cases,
        client: From,
        asked: _MaybeRefresh = None,
        cookie: _RefreshCookie = None,
    ) -> Tokens:
        """Trade a refresh token for a new pair. A token used a second time ends its session."""
        token = (asked.refresh_token if asked else None) or cookie
        if not token:
            raise InvalidRefreshToken("Send a refresh token in the body or the cookie.")
        pair = await cases.refresh(token, client)
        set_refresh_cookie(request, response, pair)
        return Tokens.of(pair)


def _add_exit(made: APIRouter) -> None:
    @made.post(
        "/logout",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problem_responses(Unauthorized),
    )
    async def log_out(
        request: Request,
        response: Response,
        cases: Cases,
        client: From,
        user: MaybeUser,
        asked: _MaybeRefresh = None,
        cookie: _RefreshCookie = None,
    ) -> None:
        """End this session, named by the access token or by the refresh token.

        Access tokens that were issued go on working until they run out, 15 minutes at most.
        """
        token = (asked.refresh_token if asked else None) or cookie
        known = bool(token) and await cases.log_out.by_refresh_token(str(token), client)
        if user is not None and user.session_id is not None:
            await cases.log_out.by_session(user.session_id, user.user_id, client)
        elif not known:
            raise Unauthorized("Send the session's access token or refresh token.")
        clear_refresh_cookie(request, response)

    @made.post(
        "/logout-all",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problem_responses(Unauthorized, SessionRequired),
    )
    async def log_out_everywhere(
        person: Person, request: Request, response: Response, cases: Cases, client: From
    ) -> None:
        """End all of this user's sessions, this one with them. API keys stay."""
        await cases.log_out_everywhere(person.user_id, client)
        clear_refresh_cookie(request, response)

    @made.put(
        "/password",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problem_responses(
            Unauthorized, InvalidCredentials, SessionRequired, PasswordRefused, TooManyAttempts
        ),
    )
    async def change_password(
        asked: PasswordChange, person: Person, cases: Cases, client: From
    ) -> None:
        """Change the password and end all other sessions."""
        await cases.change_password(
            person.user_id,
            person.session_id,
            present=asked.current_password,
            new=asked.new_password,
            client=client,
        )
