"""The ports of one stack."""

import socket
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

import psutil

from pichaven_local.errors import StartError

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
    ml_next: int = 8114
    """Of a second ml, while the model is switched."""
    gallery: int = 8105
    search: int = 8106
    web: int = 8107
    kafka: int = 19092
    kafka_controller: int = 19093
    elasticsearch: int = 19200
    elasticsearch_transport: int = 19300
    mongo: int = 27217
    storage: int = 19000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Ports":
        """Return the ports, with overrides such as `PICHAVEN_LOCAL_PORT_GATEWAY=9090`.

        Raises `StartError` for a value that is not a port.
        """
        overrides = {}
        for field in fields(cls):
            setting = f"{PORT_SETTING}{field.name.upper()}"
            value = environment.get(setting)
            if value is None:
                continue
            if not value.isdecimal() or not 0 < int(value) < 65536:
                raise StartError(f"{setting} is {value!r}, and must be a port between 1 and 65535")
            overrides[field.name] = int(value)
        return cls(**overrides)

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that no process uses now."""
        return cls(*free_ports(len(fields(cls))))

    def conflicts(self, names: Collection[str] | None = None) -> dict[str, str]:
        """Return, of these ports (None: all), those in use, with the process that uses them."""
        conflicts = {}
        for name, number in asdict(self).items():
            if names is not None and name not in names:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", number))
                except OSError:
                    conflicts[f"{name} (port {number})"] = _listener(number)
        return conflicts


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that no process uses now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _listener(port: int) -> str:
    """Return the name and pid of the process that listens on a port."""
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
