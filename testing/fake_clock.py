"""A clock that tests advance."""

from datetime import datetime, timedelta

from pichaven_chassis.clock import utc_now


class FakeClock:
    """Callable like `utc_now`.

    It starts at the real time by default: MongoDB deletes expired documents by its own clock.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or utc_now()

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        """Advance by a timedelta's parts: `advance(hours=1)`."""
        self.now += timedelta(**parts)
