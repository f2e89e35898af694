"""Requests and responses of `/me`."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from pichaven_chassis.request_body import RequestBody
from pichaven_identity.accounts.model import LONGEST_NAME, Account

Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="1 to 100 printable characters.",
        examples=["Ada Lovelace"],
    ),
]


class ProfileChange(RequestBody):
    name: Name


class User(BaseModel):
    id: str = Field(
        description="A UUID, version 7.", examples=["019bbb88-4f48-7e55-8f31-b7d09c6e2a40"]
    )
    email: str = Field(
        description="The address that the account logs in with.", examples=["ada@example.org"]
    )
    name: str = Field(description="The name that is shown.", examples=["Ada Lovelace"])
    created_at: datetime = Field(
        description="When the account was made, RFC 3339 in UTC.",
        examples=["2026-01-14T08:03:51.240000Z"],
    )
    updated_at: datetime = Field(
        description="When the account last changed, RFC 3339 in UTC.",
        examples=["2026-01-14T08:03:51.240000Z"],
    )
    version: int = Field(description="Grows with each change; the `ETag` has it.", examples=[1])

    @classmethod
    def from_account(cls, account: Account) -> Self:
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            created_at=account.created_at,
            updated_at=account.updated_at,
            version=account.version,
        )
