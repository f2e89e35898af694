"""Why an upload is refused. Each class is one stable code."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pichaven_chassis.problems import Conflict, InvalidRequest, Problem, TooManyRequests


class EmptyFile(InvalidRequest):
    code: ClassVar[str] = "empty_file"
    title: ClassVar[str] = "The file is empty"


class FileMissing(InvalidRequest):
    code: ClassVar[str] = "file_missing"
    title: ClassVar[str] = "The form has no file"


class FileTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "file_too_large"
    title: ClassVar[str] = "The file is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A file may have {limit:,} bytes at most.", extra={"max_file_bytes": limit}
        )


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


class UploadStalled(Problem):
    status: ClassVar[int] = 408
    code: ClassVar[str] = "upload_stalled"
    title: ClassVar[str] = "The upload came to a stop"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} Send it again, large files with /uploads, which can go on where it stopped."
        )


class UnsupportedMediaType(Problem):
    status: ClassVar[int] = 415
    code: ClassVar[str] = "unsupported_media_type"
    title: ClassVar[str] = "This is not a kind of picture that can be kept"

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"{content_type[:100]!r} is not a supported type. JPEG, PNG, WebP, GIF, TIFF, AVIF, "
            "HEIC, JPEG XL and camera RAW files are."
        )


class NoParts(InvalidRequest):
    code: ClassVar[str] = "no_parts"
    title: ClassVar[str] = "A completion names its parts"

    def __init__(self) -> None:
        super().__init__("Name every part with its number and etag.")


class PartsMissing(Conflict):
    code: ClassVar[str] = "parts_missing"
    title: ClassVar[str] = "Parts have not arrived"

    def __init__(self, numbers: Iterable[int]) -> None:
        missing = sorted(numbers)
        super().__init__(
            f"{len(missing)} parts are missing; send them and complete again.",
            extra={"missing_parts": missing},
        )


class InvalidPartList(Conflict):
    code: ClassVar[str] = "invalid_parts"
    title: ClassVar[str] = "The parts named are not the parts that arrived"

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__(
            f"Parts {', '.join(map(str, numbers[:20]))} are not what storage holds under these "
            "numbers and etags.",
            extra={"invalid_parts": list(numbers)},
        )


class UploadEnded(Conflict):
    code: ClassVar[str] = "upload_ended"
    title: ClassVar[str] = "The upload has ended"


class UploadCompleting(Conflict):
    code: ClassVar[str] = "upload_completing"
    title: ClassVar[str] = "The upload is being completed"


class SizeMismatch(InvalidRequest):
    code: ClassVar[str] = "size_mismatch"
    title: ClassVar[str] = "The size is not the one announced"


class HashMismatch(InvalidRequest):
    code: ClassVar[str] = "hash_mismatch"
    title: ClassVar[str] = "The bytes do not have the digest announced"
