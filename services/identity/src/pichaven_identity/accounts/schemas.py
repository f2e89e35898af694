"""Requests and responses of `/me`."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from pichaven_identity.accounts.model import LONGEST_NAME, Account

Name = Annotated[str, Field(max_length=4 * LONGEST_NAME, description="1 to 100 characters.")]


class ProfileChange(BaseModel):
    name: Name


class User(BaseModel):
    id: str
    email: str
    name: str
    created_at: datetime
    updated_at: datetime
    version: int

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
