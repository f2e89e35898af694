"""Registration, login and the change of a password."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response, status

from pichaven_chassis.problems import InvalidRequest, Unauthorized, problem_responses
from pichaven_chassis.response_headers import header_response
from pichaven_identity.authentication.device_cookie import DEVICE_COOKIE
from pichaven_identity.authentication.schemas import (
    DEVICE_EXAMPLE,
    Credentials,
    PasswordChange,
    Registration,
    Session,
)
from pichaven_identity.caller import RequestClient, SessionUser
from pichaven_identity.container import Injected
from pichaven_identity.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    PasswordRefused,
    ProofRequired,
    RegistrationClosed,
    SessionRequired,
    TooManyAttempts,
)
from pichaven_identity.sessions.refresh_cookie import SET_COOKIE

router = APIRouter(prefix="/auth", tags=["auth"])

DeviceToken = Annotated[
    str | None,
    Cookie(
        alias=DEVICE_COOKIE,
        description="Names a browser that has logged in before.",
        max_length=256,
        examples=[DEVICE_EXAMPLE],
    ),
]


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(
        RegistrationClosed, EmailTaken, InvalidEmail, PasswordRefused, InvalidRequest
    )
    | header_response(status.HTTP_201_CREATED, "Set-Cookie", SET_COOKIE),
)
async def register(
    body: Registration,
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
) -> Session:
    """Make an account and log in. The refresh token comes as an HttpOnly cookie too."""
    login = await container.register_account(
        email=body.email, password=body.password, name=body.name, client=client
    )
    container.refresh_cookie.set(request, response, login.tokens)
    container.device_cookie.set(request, response, login.device_token)
    return Session.from_login(login)


@router.post(
    "/login",
    responses=problem_responses(InvalidCredentials, TooManyAttempts, ProofRequired)
    | header_response(status.HTTP_200_OK, "Set-Cookie", SET_COOKIE),
)
async def log_in(
    body: Credentials,
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
    device_cookie: DeviceToken = None,
) -> Session:
    """Log in. After some failures each further attempt has to wait twice as long.

    With the `device_token` of an earlier login only failures of this device count. Where others
    failed on the account, or very often in this network, unknown devices send a `proof` of work.
    """
    login = await container.log_in(
        email=body.email,
        password=body.password,
        client=client,
        device_token=body.device_token or device_cookie,
        proof=body.proof,
    )
    container.refresh_cookie.set(request, response, login.tokens)
    container.device_cookie.set(request, response, login.device_token)
    return Session.from_login(login)


@router.put(
    "/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(
        Unauthorized, InvalidCredentials, SessionRequired, PasswordRefused, TooManyAttempts
    ),
)
async def change_password(
    body: PasswordChange,
    user: SessionUser,
    container: Injected,
    client: RequestClient,
    device_cookie: DeviceToken = None,
) -> None:
    """Change the password and end all other sessions. Only this device stays known."""
    await container.change_password(
        user.user_id,
        user.session_id,
        current=body.current_password,
        new=body.new_password,
        client=client,
        device_token=device_cookie,
    )
