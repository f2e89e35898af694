"""A clock that tests advance."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Callable like `utc_now`."""

    def __init__(self, now: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        """Advance by a timedelta's parts: `advance(hours=1)`."""
        self.now += timedelta(**parts)
