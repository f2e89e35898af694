"""The cookie that carries a refresh token."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from fastapi import Request, Response

from pichaven_chassis.response_headers import describe_header
from pichaven_identity.sessions.commands import TokenPair
from pichaven_identity.sessions.schemas import REFRESH_EXAMPLE

REFRESH_COOKIE: Final = "pichaven_refresh"
SET_COOKIE: Final = describe_header(
    "`pichaven_refresh`, the refresh token; with a login `pichaven_device` too, the device token."
    " A log-out removes the first.",
    f"{REFRESH_COOKIE}={REFRESH_EXAMPLE}; HttpOnly; Path=/api/v1/auth; SameSite=strict; Secure",
)


@dataclass(frozen=True, slots=True)
class RefreshCookie:
    """The refresh token as a cookie that scripts, other sites and other paths do not get."""

    secure: bool | None
    """None follows the scheme of the request."""

    def set(self, request: Request, response: Response, tokens: TokenPair) -> None:
        response.set_cookie(
            REFRESH_COOKIE,
            tokens.refresh,
            expires=tokens.refresh_expires_at.astimezone(UTC),
            **cookie_attributes(request, self.secure),
        )

    def clear(self, request: Request, response: Response) -> None:
        response.delete_cookie(REFRESH_COOKIE, **cookie_attributes(request, self.secure))


def cookie_attributes(request: Request, secure: bool | None) -> dict[str, Any]:
    """Return what keeps a cookie from scripts, other sites and other paths than `/auth`.

    With `secure` None it is for https alone where the request came by https.
    """
    if secure is None:
        scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
        secure = scheme == "https"
    return {"path": "/api/v1/auth", "secure": secure, "httponly": True, "samesite": "strict"}
