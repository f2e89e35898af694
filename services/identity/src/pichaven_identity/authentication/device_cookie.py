"""The cookie that carries a browser's device token."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from pichaven_identity.authentication.devices import KNOWN_FOR
from pichaven_identity.sessions.refresh_cookie import cookie_attributes

DEVICE_COOKIE: Final = "pichaven_device"


@dataclass(frozen=True, slots=True)
class DeviceCookie:
    """The device token as a cookie; a log-out leaves it, so that the next login is known."""

    secure: bool | None
    """None follows the scheme of the request."""

    def set(self, request: Request, response: Response, token: str) -> None:
        response.set_cookie(
            DEVICE_COOKIE,
            token,
            max_age=int(KNOWN_FOR.total_seconds()),
            **cookie_attributes(request, self.secure),
        )
