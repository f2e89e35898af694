"""Requests and responses about the tokens of a session."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, Field

from pichaven_chassis.request_body import RequestBody
from pichaven_identity.sessions import model
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


class LiveSession(BaseModel):
    id: str = Field(
        description="A UUID, version 7.", examples=["019ec52f-7b10-7a9e-8c35-d2f4e6a1b097"]
    )
    current: bool = Field(description="Whether this request is of this session.", examples=[True])
    user_agent: str = Field(
        description="What the browser or program called itself at the login; may be empty.",
        examples=["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"],
    )
    address: str = Field(
        description="The IP address that the login came from.", examples=["203.0.113.7"]
    )
    created_at: datetime = Field(
        description="When the session began, RFC 3339 in UTC.",
        examples=["2026-06-14T08:03:51.240000Z"],
    )
    last_used_at: datetime = Field(
        description="When its tokens were last refreshed, RFC 3339 in UTC.",
        examples=["2026-06-14T08:11:30.512000Z"],
    )
    expires_at: datetime = Field(
        description="When it ends if it is not used, RFC 3339 in UTC.",
        examples=["2026-07-14T08:11:30.512000Z"],
    )

    @classmethod
    def from_session(cls, session: model.Session, *, current_id: str) -> Self:
        return cls(
            id=session.id,
            current=session.id == current_id,
            user_agent=session.client.user_agent,
            address=session.client.address,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
        )


class EndedSessions(BaseModel):
    session_ids: list[str]
    next_after: datetime
