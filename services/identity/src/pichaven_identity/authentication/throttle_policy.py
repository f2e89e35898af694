"""Growing delays after failures."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ThrottlePolicy:
    """`free` failures cost nothing; each further one doubles the wait, up to `longest`.

    `memory` after the last attempt all is forgotten. The wait is between attempts: one
    attempt after each wait is always heard, so nobody is locked out for good.
    """

    free: int
    first: timedelta
    longest: timedelta
    memory: timedelta


BY_ACCOUNT = ThrottlePolicy(5, timedelta(seconds=1), timedelta(minutes=5), timedelta(minutes=30))
"""Attempts on one account from addresses that it has not been used from."""

BY_KNOWN_CLIENT = ThrottlePolicy(
    5, timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=30)
)
"""Attempts on one account from one address that it has been used from."""

BY_ADDRESS = ThrottlePolicy(50, timedelta(seconds=1), timedelta(minutes=5), timedelta(minutes=30))
"""Attempts from one address on any account."""

KNOWN_FOR = timedelta(days=30)
"""How long an address stays known to an account after a login."""
