"""The caller's own account and API keys."""

from fastapi import APIRouter, Request, Response, status

from pichaven_chassis.auth import CurrentUser
from pichaven_chassis.etags import check_if_match, etag, not_modified
from pichaven_chassis.ids import PathId
from pichaven_chassis.pages import Page
from pichaven_chassis.problems import (
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Unauthorized,
    problem_responses,
)
from pichaven_identity.accounts.schemas import (
    ApiKeyMade,
    ApiKeyRequest,
    ApiKeyShown,
    ProfileChange,
    User,
)
from pichaven_identity.caller import Cases, From, Person
from pichaven_identity.errors import SessionRequired, TooManyApiKeys


def router() -> APIRouter:
    made = APIRouter(prefix="/me", tags=["me"])
    _add_profile(made)
    _add_api_keys(made)
    return made


def _add_profile(made: APIRouter) -> None:
    @made.get("", response_model=User, responses=problem_responses(Unauthorized))
    async def show(
        user: CurrentUser, request: Request, response: Response, cases: Cases
    ) -> User | Response:
        """The caller's account."""
        account = await cases.show_profile(user.user_id)
        tag = etag(account.version)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if not_modified(request, tag):
            return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
        response.headers.update(headers)
        return User.of(account)

    @made.patch(
        "",
        responses=problem_responses(
            Unauthorized, SessionRequired, PreconditionFailed, InvalidRequest
        ),
    )
    async def change(
        asked: ProfileChange, person: Person, request: Request, response: Response, cases: Cases
    ) -> User:
        """Change the name."""
        version = None
        if "if-match" in request.headers:
            present = await cases.show_profile(person.user_id)
            check_if_match(request, etag(present.version))
            version = present.version
        account = await cases.change_profile(person.user_id, name=asked.name, version=version)
        response.headers["ETag"] = etag(account.version)
        return User.of(account)


def _add_api_keys(made: APIRouter) -> None:
    @made.get("/api-keys", responses=problem_responses(Unauthorized, SessionRequired))
    async def keys(person: Person, cases: Cases) -> Page[ApiKeyShown]:
        """The caller's API keys, newest first; all of them on one page."""
        found = await cases.api_keys.of_user(person.user_id)
        return Page[ApiKeyShown](items=[ApiKeyShown.of(key) for key in found])

    @made.post(
        "/api-keys",
        status_code=status.HTTP_201_CREATED,
        responses=problem_responses(Unauthorized, SessionRequired, TooManyApiKeys, InvalidRequest),
    )
    async def make_key(
        asked: ApiKeyRequest, person: Person, cases: Cases, client: From
    ) -> ApiKeyMade:
        """Make an API key for photos, not for the account. It is shown this once."""
        new = await cases.create_api_key(
            person.user_id,
            person.session_id,
            name=asked.name,
            expires_at=asked.expires_at,
            client=client,
        )
        return ApiKeyMade.with_secret(new)

    @made.delete(
        "/api-keys/{key_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problem_responses(Unauthorized, SessionRequired, NotFound),
    )
    async def delete_key(key_id: PathId, person: Person, cases: Cases, client: From) -> None:
        """Delete an API key. Requests with it fail within 30 seconds."""
        await cases.delete_api_key(key_id, person.user_id, client)
