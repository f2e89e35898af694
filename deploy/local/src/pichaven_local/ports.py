"""The ports of one stack."""

import socket
from dataclasses import asdict, dataclass, fields

import psutil


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

    def taken(self) -> dict[str, str]:
        """Which of these cannot be listened on, and what holds them where that can be told."""
        found = {}
        for name, number in asdict(self).items():
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
