"""Bodies of identity's requests and answers."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from pichaven_chassis.clock import Moment
from pichaven_identity.access_tokens import TokenPair
from pichaven_identity.accounts.model import LONGEST_NAME, Account
from pichaven_identity.api_keys.commands import NewApiKey
from pichaven_identity.api_keys.model import ApiKey
from pichaven_identity.authentication.passwords import LONGEST, SHORTEST

_Email = Annotated[str, Field(max_length=320, examples=["ada@example.org"])]
_AnyPassword = Annotated[str, Field(max_length=1024)]
_NewPassword = Annotated[
    str,
    Field(max_length=1024, description=f"{SHORTEST} to {LONGEST} characters, none too obvious."),
]
_Name = Annotated[str, Field(max_length=4 * LONGEST_NAME, description="1 to 100 characters.")]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Registration(Body):
    email: _Email
    password: _NewPassword
    name: _Name


class Credentials(Body):
    email: _Email
    password: _AnyPassword


class RefreshRequest(Body):
    refresh_token: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="Without it, the cookie's."
    )


class PasswordChange(Body):
    current_password: _AnyPassword
    new_password: _NewPassword


class ProfileChange(Body):
    name: _Name


class User(BaseModel):
    id: str
    email: str
    name: str
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            created_at=account.created_at,
            updated_at=account.updated_at,
            version=account.version,
        )


class Tokens(BaseModel):
    """The access token goes into `Authorization: Bearer`; the refresh token works once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds that the access token is valid.")
    refresh_expires_at: datetime

    @classmethod
    def of(cls, pair: TokenPair) -> Self:
        return cls(
            access_token=pair.access.text,
            refresh_token=pair.refresh,
            expires_in=pair.access.expires_in,
            refresh_expires_at=pair.refresh_expires_at,
        )


class SignedIn(Tokens):
    user: User

    @classmethod
    def with_user(cls, account: Account, pair: TokenPair) -> Self:
        return cls(**Tokens.of(pair).model_dump(), user=User.of(account))


class ApiKeyRequest(Body):
    name: _Name
    expires_at: Moment | None = None


class ApiKeyShown(BaseModel):
    id: str
    name: str
    prefix: str = Field(description="How the key begins, for telling keys apart.")
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.hint,
            created_at=key.created_at,
            last_used_at=key.last_used_at,
            expires_at=key.expires_at,
        )


class ApiKeyMade(ApiKeyShown):
    api_key: str = Field(description="The key itself, shown this once.")

    @classmethod
    def with_secret(cls, made: NewApiKey) -> Self:
        return cls(**ApiKeyShown.of(made.key).model_dump(), api_key=made.secret)


class ExchangeRequest(Body):
    api_key: Annotated[str, Field(max_length=256)]


class Exchanged(BaseModel):
    access_token: str
    expires_in: int
