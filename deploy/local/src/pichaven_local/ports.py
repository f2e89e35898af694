"""The ports of one stack."""

import socket
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

import psutil

from pichaven_local.errors import CannotStart

PORT_SETTING: Final = "PICHAVEN_LOCAL_PORT_"


@dataclass(frozen=True, slots=True)
class Ports:
    """All on 127.0.0.1."""

    gateway: int = 8080
    gateway_operations: int = 8082
    identity: int = 8101
    upload: int = 8102
    processing: int = 8103
    ml: int = 8104
    gallery: int = 8105
    search: int = 8106
    kafka: int = 19092
    kafka_controller: int = 19093
    elasticsearch: int = 19200
    elasticsearch_transport: int = 19300
    mongo: int = 27217
    storage: int = 19000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Ports":
        """The default ports, moved by settings such as `PICHAVEN_LOCAL_PORT_GATEWAY=9090`.

        Raises `CannotStart` for a value that is no port.
        """
        moved = {}
        for field in fields(cls):
            setting = f"{PORT_SETTING}{field.name.upper()}"
            given = environment.get(setting)
            if given is None:
                continue
            if not given.isdecimal() or not 0 < int(given) < 65536:
                raise CannotStart(f"{setting} is {given!r}, and must be a port between 1 and 65535")
            moved[field.name] = int(given)
        return cls(**moved)

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody uses now."""
        probes = [socket.socket() for _ in fields(cls)]
        try:
            for probe in probes:
                probe.bind(("127.0.0.1", 0))
            numbers = [int(probe.getsockname()[1]) for probe in probes]
        finally:
            for probe in probes:
                probe.close()
        return cls(*numbers)

    def taken(self, names: Collection[str] | None = None) -> dict[str, str]:
        """Which of these cannot be listened on, and what holds them where that can be told."""
        found = {}
        for name, number in asdict(self).items():
            if names is not None and name not in names:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", number))
                except OSError:
                    found[f"{name} (port {number})"] = holder(number)
        return found


def holder(port: int) -> str:
    """Who listens on a port, in words."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return "another process"
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN
        if listens and connection.laddr and connection.laddr.port == port and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                break
    return "another process"
