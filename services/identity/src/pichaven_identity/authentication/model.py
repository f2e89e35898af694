"""How long failed attempts have to wait."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlePolicy:
    """Exponential backoff: `free` failures cost nothing, each further one doubles the wait.

    The wait grows from `first` up to `longest`; one attempt after each wait is always admitted.
    Failures are forgotten `memory` after the last attempt.
    """

    free: int = 5
    first: timedelta = timedelta(seconds=1)
    longest: timedelta
    memory: timedelta = timedelta(minutes=30)
