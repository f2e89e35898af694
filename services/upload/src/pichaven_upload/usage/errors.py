"""Refusals of the owner's account. Each class has one stable code."""

from typing import ClassVar

from pichaven_chassis.problems import Problem, TooManyRequests


class QuotaExceeded(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "quota_exceeded"
    title: ClassVar[str] = "There is not enough space left"

    def __init__(self, *, free: int, quota: int) -> None:
        super().__init__(
            f"{max(0, free):,} of {quota:,} bytes are free. Remove photos or cancel open uploads.",
            extra={"bytes_free": max(0, free), "quota_bytes": quota},
        )


class UploadRateExceeded(TooManyRequests):
    code: ClassVar[str] = "upload_rate_exceeded"
    title: ClassVar[str] = "Too many uploads in an hour"


class TooManyOpenUploads(TooManyRequests):
    code: ClassVar[str] = "too_many_open_uploads"
    title: ClassVar[str] = "Too many unfinished uploads"
