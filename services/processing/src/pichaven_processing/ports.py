"""What processing needs of the world."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pichaven_contracts.photo import PhotoProgressed
from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.step import StepReport

OnStep = Callable[[StepReport], None]


class FailureKind(StrEnum):
    CRASH = "crash"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    ERROR = "error"


class ImagingFailed(Exception):
    """An attempt on a picture came to nothing, and another may do better.

    `detail` is for the log, `message` one sentence for the owner.
    """

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        super().__init__(f"imaging failed ({kind}): {detail}"[:2000])
        self.kind = kind
        self.detail = detail

    @property
    def message(self) -> str:
        return _IN_WORDS[self.kind]


_IN_WORDS = {
    FailureKind.CRASH: "The picture could not be read: reading it ended unexpectedly.",
    FailureKind.MEMORY: "The picture needs more memory than one picture may take.",
    FailureKind.TIMEOUT: "The picture took too long to read.",
    FailureKind.ERROR: "The picture could not be processed.",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """A place on disk for one photo, removed with all in it when the photo is done."""

    path: Path

    @property
    def original(self) -> Path:
        return self.path / "original"

    @property
    def variants(self) -> Path:
        return self.path / "variants"


class Spool(Protocol):
    """Disk space for photos in work."""

    def folder(self) -> AbstractAsyncContextManager[Folder]: ...


class Imaging(Protocol):
    """Turns an original into variants and facts, apart from this process."""

    async def __call__(self, folder: Folder, on_step: OnStep) -> Facts:
        """Make the variants of `folder.original` in `folder.variants`.

        Raises `Rejected` for a file that can never be a photo and `ImagingFailed` for an
        attempt that came to nothing.
        """
        ...


class Progress(Protocol):
    """Tells of steps to whoever looks; nothing fails by it."""

    async def send_progress(self, event: PhotoProgressed) -> None: ...
