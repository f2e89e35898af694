"""The pipeline: a list of named steps."""

import errno
import sys
import traceback
from collections.abc import Callable
from typing import Final

from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.metadata.container_source import complete_source
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import Step, StepReport, StepState
from pichaven_processing.imaging.steps import (
    check_limits,
    convert_colour,
    decode,
    fingerprint,
    identify_type,
    make_variants,
    orient,
    read_metadata,
)


def _read_metadata(picture: Picture) -> None:
    assert picture.source is not None
    assert picture.file_type is not None
    picture.source = complete_source(picture.source, picture.original, picture.file_type)
    read_metadata.run(picture)


PIPELINE: Final[tuple[tuple[Step, Callable[[Picture], None]], ...]] = (
    (Step.IDENTIFY_TYPE, identify_type.run),
    (Step.CHECK_LIMITS, check_limits.run),
    (Step.READ_METADATA, _read_metadata),
    (Step.DECODE, decode.run),
    (Step.ORIENT, orient.run),
    (Step.CONVERT_COLOUR, convert_colour.run),
    (Step.MAKE_VARIANTS, make_variants.run),
    (Step.FINGERPRINT, fingerprint.run),
)
"""All but the first step (`verify_hash`) and the last (`store`), which need storage."""


_READING: Final = frozenset({Step.IDENTIFY_TYPE, Step.CHECK_LIMITS, Step.DECODE})
_TRANSIENT: Final = frozenset(
    {
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EMFILE,
        errno.ENFILE,
        errno.EIO,
        errno.EAGAIN,
        errno.EINTR,
    }
)
_TRANSIENT_WORDS: Final = (
    "no space left",
    "quota exceeded",
    "too many open files",
    "cannot allocate",
    "out of memory",
    "input/output error",
)
"""What libvips says of the same errors when it writes."""


def run_pipeline(picture: Picture, on_step: Callable[[StepReport], None]) -> Facts:
    """Run every step in order. Raises `Rejected` for a file that can never be a photo.

    The same file in the same decoder gives the same error, so every exception that is not known
    to be of the machine is the file's.
    """
    for step, run in PIPELINE:
        on_step(StepReport(step, StepState.STARTED))
        try:
            run(picture)
        except Rejected as rejected:
            on_step(StepReport(step, StepState.FAILED, rejected.message))
            raise
        except Exception as error:
            if _is_transient(error, step):
                raise
            # The parent keeps the end of stderr.
            traceback.print_exc(file=sys.stderr)
            rejection = _to_rejected(step)
            on_step(StepReport(step, StepState.FAILED, rejection.message))
            raise rejection from error
        on_step(StepReport(step, StepState.DONE))
    return picture.facts()


def _is_transient(error: Exception, step: Step) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno in _TRANSIENT
    words = str(error).lower()
    return step not in _READING and any(text in words for text in _TRANSIENT_WORDS)


def _to_rejected(step: Step) -> Rejected:
    if step in _READING:
        return Rejected(
            RejectionCode.DAMAGED_FILE, "The file is damaged, or no reader knows its kind."
        )
    return Rejected(RejectionCode.PROCESSING_FAILED, "The picture could not be processed.")
