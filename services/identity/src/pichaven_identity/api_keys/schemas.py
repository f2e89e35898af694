"""Requests and responses of `/me/api-keys` and of the exchange."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from pichaven_chassis.auth import Scope
from pichaven_chassis.clock import Moment
from pichaven_chassis.request_body import RequestBody, Text
from pichaven_identity.accounts.schemas import Name
from pichaven_identity.api_keys import model
from pichaven_identity.api_keys.commands import CreatedApiKey


class ApiKeyRequest(RequestBody):
    name: Annotated[Name, Field(examples=["Backup of the laptop"])]
    scopes: list[Text[Scope]] = Field(
        default=list(Scope),
        min_length=1,
        description="What the key allows; everything by default.",
        examples=[["photos:write"]],
    )
    expires_at: Moment | None = Field(
        None,
        description="When the key stops, RFC 3339; null for never.",
        examples=["2027-06-14T00:00:00Z"],
    )


class ApiKey(BaseModel):
    id: str = Field(
        description="A UUID, version 7.", examples=["019ec52f-7b10-7a9e-8c35-d2f4e6a1b097"]
    )
    name: str = Field(
        description="What the key is for, as its owner named it.", examples=["Backup of the laptop"]
    )
    prefix: str = Field(
        description="How the key begins, for telling keys apart.", examples=["ph_T3x9Qm2L"]
    )
    scopes: list[Scope] = Field(description="What the key allows.", examples=[["photos:write"]])
    created_at: datetime = Field(
        description="When the key was made, RFC 3339 in UTC.",
        examples=["2026-06-14T08:11:30.512000Z"],
    )
    last_used_at: datetime | None = Field(
        description="When the key was last used, RFC 3339 in UTC; null before its first use.",
        examples=[None],
    )
    expires_at: datetime | None = Field(
        description="When the key stops, RFC 3339 in UTC; null for never.",
        examples=["2027-06-14T00:00:00Z"],
    )

    @classmethod
    def from_key(cls, key: model.ApiKey) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.hint,
            scopes=sorted(key.scopes),
            created_at=key.created_at,
            last_used_at=key.last_used_at,
            expires_at=key.expires_at,
        )


class ApiKeyWithSecret(ApiKey):
    api_key: str = Field(
        description="The key itself, shown this once.",
        examples=["ph_T3x9Qm2LkV7sYc0bNfRz4WgHd8JpUa1eXo5iMt6KqSB"],
    )

    @classmethod
    def from_created(cls, created: CreatedApiKey) -> Self:
        return cls(**ApiKey.from_key(created.key).model_dump(), api_key=created.secret)


class ExchangeRequest(RequestBody):
    api_key: Annotated[str, Field(max_length=256)]


class AccessToken(BaseModel):
    access_token: str
    expires_in: int
