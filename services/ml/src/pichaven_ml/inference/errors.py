"""The problems that ml answers with, by stable codes."""

from typing import ClassVar

from pichaven_chassis.problems import InvalidRequest, Problem, Unavailable


class UnreadablePicture(Problem):
    """Raised for bytes that are no JPEG, PNG or WebP, or are damaged."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "unreadable_picture"
    title: ClassVar[str] = "The picture cannot be read"


class TooManyPixels(Problem):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "too_many_pixels"
    title: ClassVar[str] = "The picture is too large"


class PictureTooLarge(Problem):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "picture_too_large"
    title: ClassVar[str] = "The file is too large"


class EmptyText(InvalidRequest):
    code: ClassVar[str] = "empty_text"
    title: ClassVar[str] = "There is no text"


class ModelLoading(Unavailable):
    code: ClassVar[str] = "model_loading"
    title: ClassVar[str] = "The model is still loading"


class TooBusy(Unavailable):
    code: ClassVar[str] = "too_busy"
    title: ClassVar[str] = "Too much is waiting for the model"
