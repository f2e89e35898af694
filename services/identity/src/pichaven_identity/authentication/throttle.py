"""Throttling of password guesses that does not lock the owner out of the account."""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_identity.authentication.model import ThrottlePolicy
from pichaven_identity.authentication.repository import AttemptRepository
from pichaven_identity.client import Client
from pichaven_identity.errors import TooManyAttempts

BY_ACCOUNT: Final = ThrottlePolicy(longest=timedelta(minutes=5))
"""Attempts on one account from clients that it does not know."""
BY_KNOWN_CLIENT: Final = ThrottlePolicy(longest=timedelta(minutes=1))
"""Attempts on one account from one client that it knows."""
BY_ADDRESS: Final = ThrottlePolicy(free=50, longest=timedelta(minutes=5))
"""Attempts from one address on any account."""
KNOWN_FOR: Final = timedelta(days=30)
"""How long an account knows a client after a login."""

_IPV6_HOST_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Admission:
    """The counters of one admitted attempt; it is already charged as failed."""

    account: str
    address: str
    known_client: str


class LoginThrottle:
    """Counts failed attempts per account and per client address.

    A client that has logged in to the account before has a counter of its own, so that failures
    from elsewhere never make the owner wait.
    """

    def __init__(self, attempts: AttemptRepository, clock: Clock) -> None:
        self._attempts = attempts
        self._clock = clock

    async def admit(self, email_key: str, client: Client) -> Admission:
        """Charge an attempt. Raises `TooManyAttempts` when it has to wait."""
        now = self._clock()
        network = _network(client.address)
        known_client = _known_client(email_key, client)
        is_known = await self._attempts.is_known(known_client, now)
        account = f"pair:{_hash(email_key, network)}" if is_known else f"account:{_hash(email_key)}"
        address = f"address:{network}"
        wait = await self._attempts.charge(address, BY_ADDRESS, now)
        if wait is None:
            policy = BY_KNOWN_CLIENT if is_known else BY_ACCOUNT
            wait = await self._attempts.charge(account, policy, now)
        if wait is not None:
            raise TooManyAttempts(
                "Wait before you try again; the time doubles with each failure.",
                retry_after=math.ceil(wait),
            )
        return Admission(account, address, known_client)

    async def add_known_client(self, email_key: str, client: Client) -> None:
        await self._attempts.add_known(_known_client(email_key, client), self._clock() + KNOWN_FOR)

    async def record_success(self, admission: Admission) -> None:
        """Clear the account's failures, refund the address this attempt, know the client."""
        await self._attempts.clear(admission.account)
        await self._attempts.refund(admission.address)
        await self._attempts.add_known(admission.known_client, self._clock() + KNOWN_FOR)


def _known_client(email_key: str, client: Client) -> str:
    return f"known:{_hash(email_key, _network(client.address))}"


def _network(address: str) -> str:
    """Return the address; of an IPv6 address its /64, which one client owns as a whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> _IPV6_HOST_BITS << _IPV6_HOST_BITS))
    return str(parsed)


def _hash(*parts: str) -> str:
    """Return a digest, so that no e-mail address is stored in the clear with the attempts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
