"""Requests and responses about registration, login and passwords."""

from typing import Annotated, Final, Self

from pydantic import Field

from pichaven_chassis.request_body import RequestBody
from pichaven_identity.accounts.schemas import Name, User
from pichaven_identity.authentication.commands import Login
from pichaven_identity.authentication.passwords import LONGEST, SHORTEST
from pichaven_identity.authentication.proof_of_work import LONGEST_PROOF
from pichaven_identity.sessions.schemas import Tokens

DEVICE_EXAMPLE: Final = "phd_m3VtQ8zLk1RwYc7bNfXs4WgHd0JpUa9eTo5iZx6KqSB"

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


class Registration(RequestBody):
    email: _Email
    password: _NewPassword
    name: Name


class Credentials(RequestBody):
    email: _Email
    password: _CurrentPassword
    device_token: Annotated[str, Field(max_length=256)] | None = Field(
        default=None,
        description="Of an earlier login of this account on this device; without it, the "
        "cookie's. Failures elsewhere do not delay a login that has it.",
        examples=[DEVICE_EXAMPLE],
    )
    proof: Annotated[str, Field(max_length=LONGEST_PROOF)] | None = Field(
        default=None,
        description="After 429 `proof_required`: `<minute>:<nonce>`, such that SHA-256 of "
        "`<minute>:<email>:<nonce>` in UTF-8 begins with `proof_bits` zero bits; `<minute>` is "
        "the problem's `proof_minute`, `<email>` this request's. It works once, for 5 minutes.",
        examples=["29706731:184467"],
    )


class PasswordChange(RequestBody):
    current_password: _CurrentPassword
    new_password: Annotated[_NewPassword, Field(examples=["eleven quiet boats at dusk"])]


class Session(Tokens):
    user: User = Field(description="The account that is logged in.")
    device_token: str = Field(
        description="Send it with the next login of this account on this device. It comes as an "
        "HttpOnly cookie too, and opens nothing by itself.",
        examples=[DEVICE_EXAMPLE],
    )

    @classmethod
    def from_login(cls, login: Login) -> Self:
        return cls(
            **Tokens.from_pair(login.tokens).model_dump(),
            user=User.from_account(login.account),
            device_token=login.device_token,
        )
