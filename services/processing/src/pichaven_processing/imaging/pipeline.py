"""The pipeline: a list of named steps."""

from collections.abc import Callable
from typing import Final

from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.metadata.container_source import complete_source
from pichaven_processing.imaging.picture import Picture
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


def run_pipeline(picture: Picture, on_step: Callable[[StepReport], None]) -> Facts:
    """Run every step in order. Raises `Rejected` for a file that can never be a photo."""
    for step, run in PIPELINE:
        on_step(StepReport(step, StepState.STARTED))
        try:
            run(picture)
        except Rejected as rejected:
            on_step(StepReport(step, StepState.FAILED, rejected.message))
            raise
        on_step(StepReport(step, StepState.DONE))
    return picture.facts()
