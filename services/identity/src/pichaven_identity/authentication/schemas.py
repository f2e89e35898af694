"""Requests and responses about registration, login and passwords."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from pichaven_identity.accounts.model import Account
from pichaven_identity.accounts.schemas import Name, User
from pichaven_identity.authentication.passwords import LONGEST, SHORTEST
from pichaven_identity.sessions.commands import TokenPair
from pichaven_identity.sessions.schemas import Tokens

_Email = Annotated[
    str,
    Field(max_length=320, description="The address of the account.", examples=["ada@example.org"]),
]
_CurrentPassword = Annotated[
    str,
    Field(
        max_length=1024,
        description="The password of the account.",
        examples=["seven grey gulls at noon"],
    ),
]
_NewPassword = Annotated[
    str,
    Field(
        max_length=1024,
        description=f"{SHORTEST} to {LONGEST} characters, none too obvious.",
        examples=["seven grey gulls at noon"],
    ),
]


class Registration(BaseModel):
    email: _Email
    password: _NewPassword
    name: Name


class Credentials(BaseModel):
    email: _Email
    password: _CurrentPassword


class PasswordChange(BaseModel):
    current_password: _CurrentPassword
    new_password: Annotated[_NewPassword, Field(examples=["eleven quiet boats at dusk"])]


class Session(Tokens):
    user: User = Field(description="The account that is logged in.")

    @classmethod
    def of_account(cls, account: Account, tokens: TokenPair) -> Self:
        return cls(**Tokens.from_pair(tokens).model_dump(), user=User.from_account(account))
