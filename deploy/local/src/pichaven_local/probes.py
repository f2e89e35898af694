"""Whether a part answers, asked from outside."""

import socket
from collections.abc import Callable
from typing import Final

import httpx

Probe = Callable[[], bool]

_TIMEOUT_S: Final = 5


def listens(port: int) -> Probe:
    def probe() -> bool:
        with socket.socket() as asking:
            asking.settimeout(0.5)
            return asking.connect_ex(("127.0.0.1", port)) == 0

    return probe


def answers(port: int, path: str, *, any_status: bool = False) -> Probe:
    # Plain HTTP on loopback: loading certificates for every probe would cost most of a core.
    client = httpx.Client(trust_env=False, verify=False, timeout=_TIMEOUT_S)  # noqa: S501

    def probe() -> bool:
        try:
            answer = client.get(f"http://127.0.0.1:{port}{path}")
        except httpx.HTTPError:
            return False
        return any_status or answer.is_success

    return probe


def never() -> bool:
    """For what is ready by ending well."""
    return False
