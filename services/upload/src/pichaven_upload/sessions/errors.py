"""Refusals of uploads. Each class has one stable code."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from pichaven_chassis.problems import Conflict, InvalidRequest, Problem
from pichaven_upload.sessions.model import Upload, UploadState


class FileTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "file_too_large"
    title: ClassVar[str] = "The file is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A file may have {limit:,} bytes at most.", extra={"max_file_bytes": limit}
        )


class UnsupportedMediaType(Problem):
    status: ClassVar[int] = 415
    code: ClassVar[str] = "unsupported_media_type"
    title: ClassVar[str] = "This is not a kind of picture that can be kept"


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


class SidecarTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "sidecar_too_large"
    title: ClassVar[str] = "The sidecar is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A sidecar may have {limit:,} bytes at most.", extra={"max_sidecar_bytes": limit}
        )


class InvalidSidecar(InvalidRequest):
    code: ClassVar[str] = "invalid_sidecar"
    title: ClassVar[str] = "The sidecar is not XMP"

    def __init__(self) -> None:
        super().__init__("A sidecar is an XMP file, which is XML.")


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


_BY_FAILURE: Final[dict[str, type[Problem]]] = {
    problem.code: problem for problem in (SizeMismatch, HashMismatch, UnsupportedMediaType)
}
_DETAILS: Final = {
    UploadState.CANCELLED: "The upload was cancelled.",
    UploadState.EXPIRED: "The upload was not continued in time and has been removed.",
    UploadState.ACCEPTED: "The upload is complete; its photo can be deleted instead.",
}


def to_problem(upload: Upload) -> Problem:
    """Return why an ended upload cannot go on: the problem it failed with, or `UploadEnded`."""
    if upload.failure is not None and upload.failure.code in _BY_FAILURE:
        return _BY_FAILURE[upload.failure.code](upload.failure.message)
    detail = _DETAILS.get(upload.state, "The upload has failed.")
    return UploadEnded(detail, extra={"state": upload.state.value})
