"""`/me`: the account of the caller."""

from fastapi import APIRouter, Request, Response, status

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.etags import NOT_MODIFIED, IfMatch, InvalidIfMatch, etag, not_modified
from pichaven_chassis.problems import (
    InvalidRequest,
    PreconditionFailed,
    Unauthorized,
    problem_responses,
)
from pichaven_identity.accounts.schemas import ProfileChange, User
from pichaven_identity.caller import SessionUser
from pichaven_identity.container import Injected
from pichaven_identity.errors import SessionRequired

router = APIRouter(prefix="/me", tags=["me"])


@router.get("", response_model=User, responses=problem_responses(Unauthorized) | NOT_MODIFIED)
async def show(
    user: CurrentUser, request: Request, response: Response, container: Injected
) -> User | Response:
    """The caller's account."""
    account = await container.read_profile(user.user_id)
    tag = etag(account.version)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if not_modified(request, tag):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return User.from_account(account)


@router.patch(
    "",
    responses=problem_responses(
        InvalidIfMatch, Unauthorized, SessionRequired, PreconditionFailed, InvalidRequest
    ),
)
async def change(
    body: ProfileChange,
    user: SessionUser,
    expected: IfMatch,
    response: Response,
    container: Injected,
) -> User:
    """Change the name."""
    account = await container.change_profile(user.user_id, name=body.name, expected=expected)
    response.headers["ETag"] = etag(account.version)
    return User.from_account(account)
