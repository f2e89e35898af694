"""Requests and responses about registration, login and passwords."""

from typing import Annotated, Self

from pydantic import Field

from pichaven_chassis.request_body import RequestBody
from pichaven_identity.accounts.model import Account
from pichaven_identity.accounts.schemas import Name, User
from pichaven_identity.authentication.passwords import LONGEST, SHORTEST
from pichaven_identity.sessions.commands import TokenPair
from pichaven_identity.sessions.schemas import Tokens

_Email = Annotated[str, Field(max_length=320, examples=["ada@example.org"])]
_CurrentPassword = Annotated[str, Field(max_length=1024, examples=["seven grey gulls at noon"])]
_NewPassword = Annotated[
    str,
    Field(
        max_length=1024,
        description=f"{SHORTEST} to {LONGEST} characters, none too obvious.",
        examples=["seven grey gulls at noon"],
    ),
]


class Registration(RequestBody):
    email: _Email
    password: _NewPassword
    name: Name


class Credentials(RequestBody):
    email: _Email
    password: _CurrentPassword


class PasswordChange(RequestBody):
    current_password: _CurrentPassword
    new_password: Annotated[_NewPassword, Field(examples=["eleven quiet boats at dusk"])]


class Session(Tokens):
    user: User

    @classmethod
    def of_account(cls, account: Account, tokens: TokenPair) -> Self:
        return cls(**Tokens.from_pair(tokens).model_dump(), user=User.from_account(account))
