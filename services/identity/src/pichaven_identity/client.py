"""The client of a request, as far as the network tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address


@dataclass(frozen=True, slots=True)
class Client:
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks whose `X-Forwarded-For` header is believed."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    def client_address(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """Return the nearest address that is not a trusted proxy.

        Hops beyond it are ignored, because any client can claim them.
        """
        hops = [peer]
        for header in reversed(forwarded_for):
            hops += [part.strip() for part in reversed(header.split(","))]
        for hop in hops:
            if not self._is_proxy(hop):
                return hop if _is_address(hop) else peer
        return hops[-1]

    def _is_proxy(self, hop: str) -> bool:
        if not _is_address(hop):
            return False
        address = ip_address(hop)
        return any(address in network for network in self.networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
