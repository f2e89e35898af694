"""Where a photo stands on its way through the services, by what they told of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pichaven_contracts.photo import PhotoProgressed, ProgressState

_RANK: Final = {
    ProgressState.STARTED: 0,
    ProgressState.RETRYING: 1,
    ProgressState.FAILED: 2,
    ProgressState.DONE: 3,
}
_OPEN: Final = frozenset({ProgressState.STARTED, ProgressState.RETRYING})
_MOST: Final = 64
PROCESSING: Final = "processing"
ML: Final = "ml"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    service: str
    state: ProgressState
    at: datetime
    revision: int = 1
    percent: int | None = None
    """Of the photo's whole way through the service."""
    message: str | None = None

    @property
    def age(self) -> tuple[int, datetime, int]:
        return self.revision, self.at, _RANK[self.state]


Steps = Mapping[tuple[str, str], Step]
"""By service and name."""


def step_of(event: PhotoProgressed, service: str) -> Step:
    return Step(
        name=event.step,
        service=service,
        state=event.state,
        at=event.occurred_at,
        revision=event.revision,
        percent=event.percent,
        message=event.message,
    )


def with_steps(steps: Steps, told: Iterable[Step]) -> Steps:
    """Each step at the newest that was told of it, in whatever order it was told."""
    made = dict(steps)
    for step in told:
        key = (step.service, step.name)
        known = made.get(key)
        if len(made) < _MOST if known is None else step.age > known.age:
            made[key] = step
    return made


@dataclass(frozen=True, slots=True)
class Ending:
    """A service is done with a photo as of a moment; a reason means that it failed."""

    at: datetime
    reason: str | None = None


def shown_steps(
    steps: Steps, revision: int, endings: Mapping[str, Ending], *, tagged: bool
) -> tuple[Step, ...]:
    """The steps of the present original in the order of their times.

    Telling of progress may be lost, so what a service has published counts for more: once it
    has ended, none of its earlier steps is still under way.
    """
    current = [step for step in steps.values() if step.revision == revision]
    settled = [_settled(step, endings.get(step.service), tagged=tagged) for step in current]
    return tuple(sorted(settled, key=lambda step: (step.at, step.percent or 0, step.name)))


def _settled(step: Step, ending: Ending | None, *, tagged: bool) -> Step:
    if ending is None or step.at > ending.at:
        return step
    if ending.reason is not None:
        if step.state not in _OPEN:
            return step
        return replace(step, state=ProgressState.FAILED, message=step.message or ending.reason)
    if step.state is ProgressState.DONE or (step.name == "tag" and not tagged):
        return step
    return replace(step, state=ProgressState.DONE, message=None)
