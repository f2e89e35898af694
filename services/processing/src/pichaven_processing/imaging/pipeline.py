"""The algorithm: a list of named steps."""

import time
from collections.abc import Callable
from typing import Final

from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.picture import Work
from pichaven_processing.imaging.rejection import Rejected
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

PIPELINE: Final[tuple[tuple[Step, Callable[[Work], None]], ...]] = (
    (Step.IDENTIFY_TYPE, identify_type.run),
    (Step.CHECK_LIMITS, check_limits.run),
    (Step.READ_METADATA, read_metadata.run),
    (Step.DECODE, decode.run),
    (Step.ORIENT, orient.run),
    (Step.CONVERT_COLOUR, convert_colour.run),
    (Step.MAKE_VARIANTS, make_variants.run),
    (Step.FINGERPRINT, fingerprint.run),
)
"""Between the original's arrival (`verify_hash`) and the variants' departure (`store`)."""


class OutOfTime(Exception):
    """The steps took longer than one picture may."""


def run_pipeline(
    work: Work, on_step: Callable[[StepReport], None], *, deadline: float = float("inf")
) -> Facts:
    """Every step in order; `deadline` is a reading of `time.monotonic`, looked at after each.

    Raises `Rejected` for a file that can never be a photo, `OutOfTime` past the deadline.
    """
    for step, run in PIPELINE:
        on_step(StepReport(step, StepState.STARTED))
        try:
            run(work)
        except Rejected as rejected:
            on_step(StepReport(step, StepState.FAILED, rejected.message))
            raise
        on_step(StepReport(step, StepState.DONE))
        if time.monotonic() > deadline:
            raise OutOfTime(step.value)
    return work.facts()
