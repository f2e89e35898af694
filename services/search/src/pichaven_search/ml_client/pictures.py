"""The media types of pictures to search by, and the problems of those that are rejected."""

from typing import ClassVar, Final

from pichaven_chassis.problems import EmptyFile, InvalidRequest, Problem

MAX_PICTURE_BYTES: Final = 20 << 20


class UnreadablePicture(InvalidRequest):
    code = "unreadable_picture"
    title = "The picture cannot be read"


class TooManyPixels(InvalidRequest):
    code = "too_many_pixels"
    title = "The picture has too many pixels"


class PictureTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "picture_too_large"
    title: ClassVar[str] = "The picture is too large"

    def __init__(
        self, detail: str = f"A picture to search by has at most {MAX_PICTURE_BYTES >> 20} MiB."
    ) -> None:
        super().__init__(detail)


class UnsupportedPicture(Problem):
    status: ClassVar[int] = 415
    code: ClassVar[str] = "unsupported_picture"
    title: ClassVar[str] = "Pictures of this kind cannot be searched by"


class PictureStalled(Problem):
    status: ClassVar[int] = 408
    code: ClassVar[str] = "picture_stalled"
    title: ClassVar[str] = "The picture did not arrive"


def detect_media_type(data: bytes) -> str:
    """Return the media type by the magic number; what the client declares is ignored.

    Raises `EmptyFile`, and `UnsupportedPicture` unless the picture is
    JPEG, PNG or WebP.
    """
    if not data:
        raise EmptyFile
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    raise UnsupportedPicture("Send a JPEG, PNG or WebP picture.")
