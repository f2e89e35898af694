"""Throttling of password guesses that does not lock the owner out of the account.

Every limit counts failures. Which ones count for an attempt depends on where it comes from:

- a known device has a counter of its own and meets no other;
- from elsewhere, the first attempt of each network on the account counts apart from its further
  ones, so that one that goes on guessing delays only itself;
- a first attempt that would wait for those of other networks may bring a proof of work instead,
  and counts with such attempts alone. So the owner gets in from a new device while networks guess
  that compute nothing.

The counters of an account are independent, and together they admit no more guesses than one.
Attempts from networks with many failures on any accounts wait, or cost a proof of work.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

from pichaven_chassis.clock import Clock
from pichaven_identity.authentication.devices import DeviceRepository
from pichaven_identity.authentication.model import ThrottlePolicy
from pichaven_identity.authentication.proof_of_work import (
    VALID_FOR,
    bits_after,
    has_bits,
    minute_of,
    required_bits,
)
from pichaven_identity.authentication.repository import AttemptRepository
from pichaven_identity.client import Client
from pichaven_identity.errors import ProofRequired, TooManyAttempts

BY_FIRST: Final = ThrottlePolicy(
    free=2,
    first=timedelta(minutes=20),
    longest=timedelta(minutes=30),
    memory=timedelta(hours=2),
)
"""The first attempts of unknown networks on one account."""
BY_PROOF: Final = ThrottlePolicy(
    free=0, first=timedelta(minutes=5), longest=timedelta(minutes=15), memory=timedelta(hours=2)
)
"""First attempts with a proof of work, while those without have to wait."""
BY_FURTHER: Final = ThrottlePolicy(
    free=1, first=timedelta(seconds=4), longest=timedelta(minutes=11)
)
"""Further attempts of these networks. All three together admit no more than one counter with 5 free
failures and waits of 1 second to 5 minutes would."""
BY_DEVICE: Final = ThrottlePolicy(longest=timedelta(minutes=1))
BY_SESSION: Final = ThrottlePolicy(longest=timedelta(minutes=5))
"""Guesses at the current password by a caller with a session."""
BY_NETWORK: Final = ThrottlePolicy(free=50, longest=timedelta(minutes=5), memory=timedelta(hours=6))
"""Further attempts from one network, on any accounts."""
FREE_FIRST: Final = 200
"""Failures of a network from which on its first attempts on an account cost a proof too."""

_IPV6_HOST_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A login that is to be admitted, before its password is verified."""

    email: str
    """As the request spells it."""
    email_key: str
    user_id: str | None
    client: Client
    device_token: str | None
    proof: str | None


@dataclass(frozen=True, slots=True)
class Admission:
    """The counters of one admitted attempt, which are charged as if it had failed."""

    at: datetime
    shared: Sequence[str]
    """Counters of others too: a success takes back this attempt alone."""
    own: Sequence[str] = ()
    """A success clears them."""


class LoginThrottle:
    """Counts failed attempts, with the same work and answers whether or not an account exists."""

    def __init__(
        self, attempts: AttemptRepository, devices: DeviceRepository, clock: Clock
    ) -> None:
        self._attempts = attempts
        self._devices = devices
        self._clock = clock

    async def admit(self, attempt: Attempt) -> Admission:
        """Charge an attempt. Raises `TooManyAttempts`, `ProofRequired`."""
        now = self._clock()
        if attempt.device_token is not None:
            device_of = await self._devices.user_of(attempt.device_token, now)
            if device_of is not None and device_of == attempt.user_id:
                device = f"device:{_hash(attempt.device_token)}"
                await self._charge(device, BY_DEVICE, now)
                return Admission(now, (), (device,))
        return await self._admit_unknown_device(attempt, now)

    async def _admit_unknown_device(self, attempt: Attempt, now: datetime) -> Admission:
        network = _network(attempt.client.address)
        tried = f"tried:{_hash(attempt.email_key, network)}"
        # An attempt that has to wait writes nothing.
        counter = await self._open_counter(
            attempt, network, now, is_first=await self._attempts.failures(tried, now) == 0
        )
        proven = counter.policy is BY_PROOF
        # Of simultaneous attempts one is the first.
        is_first = await self._attempts.count(tried, BY_NETWORK.memory, now) == 1
        if not is_first:
            counter = _counter("further", attempt)
        charged = [tried]
        try:
            await self._admit_network(network, attempt, now, is_first=is_first, proven=proven)
            charged.append(f"network:{network}")
            await self._charge(counter.key, counter.policy, now)
        except TooManyAttempts:
            for key in charged:
                await self._attempts.refund(key, now)
            raise
        return Admission(now, [*charged, counter.key])

    async def _open_counter(
        self, attempt: Attempt, network: str, now: datetime, *, is_first: bool
    ) -> "_Counter":
        """Return the account's counter that admits an attempt.

        Raises `ProofRequired` where a proof of work would open one, else `TooManyAttempts`.
        """
        counter = _counter("first" if is_first else "further", attempt)
        wait = await self._attempts.wait(counter.key, now)
        if wait is None:
            return counter
        if not is_first:
            raise _refusal(wait)
        counter = _counter("proof", attempt)
        wait_of_proofs = await self._attempts.wait(counter.key, now)
        if wait_of_proofs is not None:
            raise _refusal(min(wait, wait_of_proofs))
        bits = max(
            bits_after(await self._attempts.failures(counter.key, now)),
            required_bits(await self._attempts.failures(f"network:{network}", now), FREE_FIRST),
        )
        await self._require_proof(attempt, now, bits=bits, wait=wait)
        return counter

    async def admit_session(self, session_id: str) -> Admission:
        """Charge a guess at the current password by a session. Raises `TooManyAttempts`."""
        key = f"session:{session_id}"
        now = self._clock()
        await self._charge(key, BY_SESSION, now)
        return Admission(now, (), (key,))

    async def record_success(self, admission: Admission) -> None:
        """Take back what the attempt was charged."""
        for key in admission.own:
            await self._attempts.clear(key)
        for key in admission.shared:
            await self._attempts.refund(key, admission.at)

    async def _charge(self, key: str, policy: ThrottlePolicy, now: datetime) -> None:
        wait = await self._attempts.charge(key, policy, now)
        if wait is not None:
            raise _refusal(wait)

    async def _admit_network(
        self, network: str, attempt: Attempt, now: datetime, *, is_first: bool, proven: bool
    ) -> None:
        """Charge the network. A proof of work is as good as waiting."""
        key = f"network:{network}"
        failures = await self._attempts.failures(key, now)
        wait: float | None = None
        if is_first and failures >= FREE_FIRST:
            wait = 1
        elif not is_first:
            wait = await self._attempts.charge(key, BY_NETWORK, now)
            if wait is None:
                return
        if wait is not None and not proven:
            bits = required_bits(failures, FREE_FIRST)
            await self._require_proof(attempt, now, bits=bits, wait=wait)
        await self._attempts.count(key, BY_NETWORK.memory, now)

    async def _require_proof(
        self, attempt: Attempt, now: datetime, *, bits: int, wait: float
    ) -> None:
        """Use up the attempt's proof, which works once. Raises `ProofRequired`."""
        proof = attempt.proof
        if proof is not None and has_bits(proof, attempt.email, bits=bits, now=now):
            key = f"proof-of-work:{_hash(proof, attempt.email)}"
            if await self._attempts.count(key, 2 * VALID_FOR, now) == 1:
                return
        raise ProofRequired(retry_after=math.ceil(wait), bits=bits, minute=minute_of(now))


@dataclass(frozen=True, slots=True)
class _Counter:
    """A counter of one account, by its key in the database."""

    key: str
    policy: ThrottlePolicy


def _counter(kind: Literal["first", "proof", "further"], attempt: Attempt) -> _Counter:
    policies = {"first": BY_FIRST, "proof": BY_PROOF, "further": BY_FURTHER}
    return _Counter(f"{kind}:{_hash(attempt.email_key)}", policies[kind])


def _refusal(wait: float) -> TooManyAttempts:
    return TooManyAttempts(
        "Wait before you try again; the time doubles with each failure.",
        retry_after=math.ceil(wait),
    )


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
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
