"""Requests and responses about the tokens of a session."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, Field

from pichaven_chassis.request_body import RequestBody
from pichaven_identity.sessions.commands import TokenPair

REFRESH_EXAMPLE: Final = "w1Zt8pQm4RkV7sYc0bNfLz3WgHd9JxUa2eXo5iMt6Kq"


class RefreshRequest(RequestBody):
    refresh_token: Annotated[str, Field(max_length=256)] | None = Field(
        default=None, description="Without it, the cookie's.", examples=[REFRESH_EXAMPLE]
    )


class Tokens(BaseModel):
    """The access token goes into `Authorization: Bearer`; the refresh token works once."""

    access_token: str = Field(
        description="Goes into `Authorization: Bearer`.",
        examples=[
            "eyJhbGciOiJFZERTQSIsImtpZCI6IjAxOWVjNGYwIn0.eyJzdWIiOiIwMTliYmI4OCJ9.c2lnbmF0dXJl"
        ],
    )
    refresh_token: str = Field(
        description="For `/auth/refresh`; it works once.", examples=[REFRESH_EXAMPLE]
    )
    token_type: Literal["Bearer"] = Field(
        default="Bearer",
        description="The scheme of the `Authorization` header.",
        examples=["Bearer"],
    )
    expires_in: int = Field(description="Seconds that the access token is valid.", examples=[900])
    refresh_expires_at: datetime = Field(
        description="When the refresh token expires, RFC 3339 in UTC.",
        examples=["2026-07-14T08:03:51.240000Z"],
    )

    @classmethod
    def from_pair(cls, tokens: TokenPair) -> Self:
        return cls(
            access_token=tokens.access.text,
            refresh_token=tokens.refresh,
            expires_in=tokens.access.expires_in,
            refresh_expires_at=tokens.refresh_expires_at,
        )


class EndedSessions(BaseModel):
    session_ids: list[str]
    next_after: datetime
