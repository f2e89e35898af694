"""The steps of processing a photo, in order, and reports on them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Step(StrEnum):
    VERIFY_HASH = "verify_hash"
    IDENTIFY_TYPE = "identify_type"
    CHECK_LIMITS = "check_limits"
    READ_METADATA = "read_metadata"
    DECODE = "decode"
    ORIENT = "orient"
    CONVERT_COLOUR = "convert_colour"
    MAKE_VARIANTS = "make_variants"
    FINGERPRINT = "fingerprint"
    STORE = "store"


class StepState(StrEnum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    RETRYING = "retrying"


_PERCENT_WHEN_DONE: Final = {
    Step.VERIFY_HASH: 10,
    Step.IDENTIFY_TYPE: 12,
    Step.CHECK_LIMITS: 14,
    Step.READ_METADATA: 16,
    Step.DECODE: 35,
    Step.ORIENT: 36,
    Step.CONVERT_COLOUR: 40,
    Step.MAKE_VARIANTS: 85,
    Step.FINGERPRINT: 88,
    Step.STORE: 100,
}


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step started or ended. `message` tells the owner why it failed."""

    step: Step
    state: StepState
    message: str | None = None

    @property
    def percent(self) -> int:
        """Progress through all steps, weighted by their usual share of the time."""
        if self.state is StepState.DONE:
            return _PERCENT_WHEN_DONE[self.step]
        return max(
            (
                percent
                for step, percent in _PERCENT_WHEN_DONE.items()
                if percent < _PERCENT_WHEN_DONE[self.step]
            ),
            default=0,
        )
