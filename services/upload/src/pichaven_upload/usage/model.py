"""An owner's account: bytes stored, bytes reserved by open uploads, and uploads begun lately.

Every photo counts its bytes, even where two photos of an owner share one stored object, so that
the cost of a photo does not depend on other photos.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from pichaven_upload.usage.errors import QuotaExceeded, TooManyOpenUploads, UploadRateExceeded

_HOUR: Final = 60
_RECENT: Final = 10
"""Minutes that count for the bulk lane."""


@dataclass(frozen=True, slots=True)
class Limits:
    quota_bytes: int
    uploads_per_hour: int
    open_uploads: int
    bulk_after: int


@dataclass(frozen=True, slots=True)
class Reservation:
    bytes: int
    at: datetime


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Immutable: each change returns a new account, and returns `self` when repeated."""

    owner_id: str
    version: int = 0
    bytes_used: int = 0
    photos: int = 0
    open: Mapping[str, Reservation] = field(default_factory=dict)
    """Reservations by upload id."""
    starts: Mapping[int, int] = field(default_factory=dict)
    """Number of uploads begun by minute, for the last hour."""
    releasing: Mapping[str, datetime] = field(default_factory=dict)
    """Photos already subtracted whose own record does not say so yet."""

    @property
    def bytes_reserved(self) -> int:
        return sum(reservation.bytes for reservation in self.open.values())

    def started_within(self, minutes: int, now: datetime) -> int:
        since = _minute(now) - minutes
        return sum(count for minute, count in self.starts.items() if minute > since)

    def is_bulk(self, limits: Limits, now: datetime) -> bool:
        """Whether this owner has begun so many uploads that they go to the bulk lane."""
        return self.started_within(_RECENT, now) > limits.bulk_after

    def reserve(self, upload_id: str, size: int, limits: Limits, now: datetime) -> "Account":
        """Reserve `size` bytes for an upload.

        Raises `UploadRateExceeded`, `TooManyOpenUploads`, `QuotaExceeded`.
        """
        if upload_id in self.open:
            return self
        if self.started_within(_HOUR, now) >= limits.uploads_per_hour:
            raise UploadRateExceeded(
                f"At most {limits.uploads_per_hour} uploads can be begun within an hour.",
                retry_after=self._seconds_until_oldest_start_expires(now),
            )
        if len(self.open) >= limits.open_uploads:
            raise TooManyOpenUploads(
                f"At most {limits.open_uploads} uploads can be open at once. Complete or cancel "
                "some.",
                retry_after=60,
            )
        free = limits.quota_bytes - self.bytes_used - self.bytes_reserved
        if size > free:
            raise QuotaExceeded(free=free, quota=limits.quota_bytes)
        this_minute = _minute(now)
        recent = {minute: n for minute, n in self.starts.items() if minute > this_minute - _HOUR}
        return replace(
            self,
            open={**self.open, upload_id: Reservation(size, now)},
            starts={**recent, this_minute: recent.get(this_minute, 0) + 1},
        )

    def settle(self, upload_id: str, *, added_bytes: int = 0, added_photos: int = 0) -> "Account":
        """End an upload's reservation and add what the upload stored."""
        if upload_id not in self.open:
            return self
        return replace(
            self,
            bytes_used=self.bytes_used + added_bytes,
            photos=self.photos + added_photos,
            open={key: value for key, value in self.open.items() if key != upload_id},
        )

    def release(self, photo_id: str, size: int, now: datetime) -> "Account":
        """Subtract a photo. Its id stays until `forget`, so that a repeat changes nothing."""
        if photo_id in self.releasing:
            return self
        return replace(
            self,
            bytes_used=self.bytes_used - size,
            photos=self.photos - 1,
            releasing={**self.releasing, photo_id: now},
        )

    def forget(self, photo_id: str) -> "Account":
        """Drop a subtracted photo's id, once the photo's own record says that it is released."""
        if photo_id not in self.releasing:
            return self
        others = {key: at for key, at in self.releasing.items() if key != photo_id}
        return replace(self, releasing=others)

    def _seconds_until_oldest_start_expires(self, now: datetime) -> float:
        oldest = min(minute for minute in self.starts if minute > _minute(now) - _HOUR)
        expires_at = timedelta(minutes=oldest + _HOUR).total_seconds()
        return max(1.0, expires_at - now.timestamp())
