"""`/me/api-keys`, and the internal exchange of a key for an access token."""

from fastapi import APIRouter, Depends, status

from pichaven_chassis.idempotency import response_with_secret
from pichaven_chassis.ids import PathId
from pichaven_chassis.pagination import Page
from pichaven_chassis.problems import InvalidRequest, NotFound, Unauthorized, problem_responses
from pichaven_identity.api_keys.schemas import (
    AccessToken,
    ApiKey,
    ApiKeyRequest,
    ApiKeyWithSecret,
    ExchangeRequest,
)
from pichaven_identity.caller import RequestClient, SessionUser
from pichaven_identity.container import Injected
from pichaven_identity.errors import SessionRequired, TooManyApiKeys

router = APIRouter(prefix="/me/api-keys", tags=["me"])
internal_router = APIRouter(prefix="/internal/api-keys", include_in_schema=False)


@router.get("", responses=problem_responses(Unauthorized, SessionRequired))
async def keys(user: SessionUser, container: Injected) -> Page[ApiKey]:
    """The caller's API keys, newest first; all of them on one page."""
    api_keys = await container.list_api_keys(user.user_id)
    return Page[ApiKey](items=[ApiKey.from_key(key) for key in api_keys])


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(response_with_secret)],
    responses=problem_responses(Unauthorized, SessionRequired, TooManyApiKeys, InvalidRequest),
)
async def make_key(
    body: ApiKeyRequest, user: SessionUser, container: Injected, client: RequestClient
) -> ApiKeyWithSecret:
    """Make an API key for photos, not for the account. It is shown this once.

    With an `Idempotency-Key` a repetition makes no second one, and is told so: the first response
    is not kept. Delete the key that was lost.
    """
    created = await container.create_api_key(
        user.user_id,
        user.session_id,
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        client=client,
    )
    return ApiKeyWithSecret.from_created(created)


@router.delete(
    "/{key_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(Unauthorized, SessionRequired, NotFound),
)
async def delete_key(
    key_id: PathId, user: SessionUser, container: Injected, client: RequestClient
) -> None:
    """Delete an API key. Within seconds its streams end and its requests are refused."""
    await container.delete_api_key(key_id, user.user_id, client)


@internal_router.post("/exchange")
async def exchange(body: ExchangeRequest, container: Injected) -> AccessToken:
    """Exchange an API key for an access token."""
    token = await container.exchange_api_key(body.api_key)
    return AccessToken(access_token=token.text, expires_in=token.expires_in)
