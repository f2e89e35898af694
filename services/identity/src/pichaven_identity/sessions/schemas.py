"""Requests and responses about the tokens of a session."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from pichaven_identity.sessions.commands import TokenPair


class RefreshRequest(BaseModel):
    refresh_token: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="Without it, the cookie's."
    )


class Tokens(BaseModel):
    """The access token goes into `Authorization: Bearer`; the refresh token works once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds that the access token is valid.")
    refresh_expires_at: datetime

    @classmethod
    def from_pair(cls, tokens: TokenPair) -> Self:
        return cls(
            access_token=tokens.access.text,
            refresh_token=tokens.refresh,
            expires_in=tokens.access.expires_in,
            refresh_expires_at=tokens.refresh_expires_at,
        )
