"""Readiness probes."""

import socket
from collections.abc import Callable
from typing import Final

import httpx

Probe = Callable[[], bool]

_TIMEOUT_S: Final = 5


def tcp_probe(port: int) -> Probe:
    def probe() -> bool:
        with socket.socket() as connection:
            connection.settimeout(0.5)
            return connection.connect_ex(("127.0.0.1", port)) == 0

    return probe


def http_probe(
    port: int,
    path: str,
    *,
    any_status: bool = False,
    scheme: str = "http",
    credentials: tuple[str, str] | None = None,
) -> Probe:
    # On loopback: loading certificates for every probe would cost most of a core.
    client = httpx.Client(trust_env=False, verify=False, timeout=_TIMEOUT_S, auth=credentials)  # noqa: S501

    def probe() -> bool:
        try:
            response = client.get(f"{scheme}://127.0.0.1:{port}{path}")
        except httpx.HTTPError:
            return False
        return any_status or response.is_success

    return probe


def never_ready() -> bool:
    """Return False: a component that runs once is ready when it has exited with 0."""
    return False
