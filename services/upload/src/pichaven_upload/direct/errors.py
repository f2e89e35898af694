"""Refusals of a one-request upload. Each class has one stable code."""

from typing import ClassVar

from pichaven_chassis.problems import Problem


class UploadStalled(Problem):
    status: ClassVar[int] = 408
    code: ClassVar[str] = "upload_stalled"
    title: ClassVar[str] = "The upload came to a stop"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason} Send it again, large files with /uploads, which can go on where it stopped."
        )
