"""Slowing down who guesses passwords, without shutting out who owns the account."""

import hashlib
import math
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_identity.authentication.throttle_policy import (
    BY_ACCOUNT,
    BY_ADDRESS,
    BY_KNOWN_CLIENT,
    KNOWN_FOR,
)
from pichaven_identity.errors import TooManyAttempts
from pichaven_identity.ports import Attempts
from pichaven_identity.sessions.model import Client

_IPV6_HOST_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Admission:
    """One attempt that may be made; already counted as failed."""

    account: str
    address: str
    pair: str


class ThrottleAttempts:
    """Counts per account and per client address.

    Addresses that an account has been used from have a counter of their own, so that failures
    from elsewhere never make the owner wait there.
    """

    def __init__(self, attempts: Attempts, clock: Clock) -> None:
        self._attempts = attempts
        self._clock = clock

    async def admit(self, email_key: str, client: Client) -> Admission:
        """Count the attempt; `TooManyAttempts` with the wait when it comes too soon."""
        now = self._clock()
        network = _network(client.address)
        pair = _pair(email_key, client)
        known = await self._attempts.knows(pair, now)
        account = f"pair:{_short(email_key, network)}" if known else f"account:{_short(email_key)}"
        address = f"address:{network}"
        wait = await self._attempts.charge(address, BY_ADDRESS, now)
        if wait is None:
            policy = BY_KNOWN_CLIENT if known else BY_ACCOUNT
            wait = await self._attempts.charge(account, policy, now)
        if wait is not None:
            raise TooManyAttempts(
                "Wait before you try again; the time doubles with each failure.",
                retry_after=math.ceil(wait),
            )
        return Admission(account, address, pair)

    async def welcome(self, email_key: str, client: Client) -> None:
        """The address is the owner's: failures from elsewhere are not felt there."""
        await self._attempts.know(_pair(email_key, client), self._clock() + KNOWN_FOR)

    async def succeeded(self, admission: Admission) -> None:
        """Clear the account's failures; of the address's only this attempt's."""
        await self._attempts.clear(admission.account)
        await self._attempts.refund(admission.address)
        await self._attempts.know(admission.pair, self._clock() + KNOWN_FOR)


def _pair(email_key: str, client: Client) -> str:
    return f"known:{_short(email_key, _network(client.address))}"


def _network(address: str) -> str:
    """An IPv6 client has at least a /64 to choose addresses from."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS))
    return str(parsed)


def _short(*parts: str) -> str:
    """Addresses are not kept in the clear where nobody needs to read them."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
