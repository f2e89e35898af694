"""Registration, login and the change of a password."""

from fastapi import APIRouter, Request, Response, status

from pichaven_chassis.problems import InvalidRequest, Unauthorized, problem_responses
from pichaven_identity.authentication.schemas import (
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
    RegistrationClosed,
    SessionRequired,
    TooManyAttempts,
)

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(
        RegistrationClosed, EmailTaken, InvalidEmail, PasswordRefused, InvalidRequest
    ),
)
async def register(
    body: Registration,
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
) -> Session:
    """Make an account and log in. The refresh token comes as an HttpOnly cookie too."""
    account, tokens = await container.register_account(
        email=body.email, password=body.password, name=body.name, client=client
    )
    container.refresh_cookie.set(request, response, tokens)
    return Session.of_account(account, tokens)


@router.post("/login", responses=problem_responses(InvalidCredentials, TooManyAttempts))
async def log_in(
    body: Credentials,
    request: Request,
    response: Response,
    container: Injected,
    client: RequestClient,
) -> Session:
    """Log in. After some failures each further attempt has to wait twice as long."""
    account, tokens = await container.log_in(
        email=body.email, password=body.password, client=client
    )
    container.refresh_cookie.set(request, response, tokens)
    return Session.of_account(account, tokens)


@router.put(
    "/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(
        Unauthorized, InvalidCredentials, SessionRequired, PasswordRefused, TooManyAttempts
    ),
)
async def change_password(
    body: PasswordChange, user: SessionUser, container: Injected, client: RequestClient
) -> None:
    """Change the password and end all other sessions."""
    await container.change_password(
        user.user_id,
        user.session_id,
        current=body.current_password,
        new=body.new_password,
        client=client,
    )
