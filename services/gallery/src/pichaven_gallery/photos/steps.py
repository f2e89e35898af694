"""The steps of a photo through the services, from their progress events."""

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
_MAX_STEPS: Final = 64
_WHOLE: Final = 100
PROCESSING: Final = "processing"
ML: Final = "ml"
READ_TEXT: Final = "read_text"
"""The step of ml that ends with `photo.text_read`, not with `photo.tagged`."""


def service_name(source: str) -> str:
    """Return the last part of an event's source: `ml` for `/pichaven/ml`."""
    return source.rsplit("/", 1)[-1] or "unknown"


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

    @classmethod
    def from_event(cls, event: PhotoProgressed, service: str) -> "Step":
        return cls(
            name=event.step,
            service=service,
            state=event.state,
            at=event.occurred_at,
            revision=event.revision,
            percent=event.percent,
            message=event.message,
        )

    @property
    def ends_service(self) -> bool:
        """Whether its service had nothing left to do but to publish the outcome."""
        return self.state is ProgressState.DONE and self.percent == _WHOLE

    @property
    def age(self) -> tuple[int, datetime, int]:
        return self.revision, self.at, _RANK[self.state]


Steps = Mapping[tuple[str, str], Step]
"""By service and name."""


def merge_steps(steps: Steps, updates: Iterable[Step]) -> Steps:
    """Return each step in its newest state, in whatever order the updates arrive."""
    merged = dict(steps)
    for step in updates:
        key = (step.service, step.name)
        current = merged.get(key)
        if len(merged) < _MAX_STEPS if current is None else step.age > current.age:
            merged[key] = step
    return merged


@dataclass(frozen=True, slots=True)
class Ending:
    """The moment when a service published its outcome; a reason means that it failed."""

    at: datetime
    reason: str | None = None


def current_steps(
    steps: Steps, revision: int, endings: Mapping[str, Ending], *, tagged: bool
) -> tuple[Step, ...]:
    """Return the steps of the present original in the order of their times.

    Progress may be lost, so outcomes override it: after a service's ending none of its earlier
    steps is open. Text is read apart from tagging, so its step alone says how it ended.
    """
    current = [
        step if step.name == READ_TEXT else _close(step, endings.get(step.service), tagged=tagged)
        for step in steps.values()
        if step.revision == revision
    ]
    return tuple(sorted(current, key=lambda step: (step.at, step.percent or 0, step.name)))


def _close(step: Step, ending: Ending | None, *, tagged: bool) -> Step:
    if ending is None or step.at > ending.at:
        return step
    if ending.reason is not None:
        if step.state not in _OPEN:
            return step
        return replace(step, state=ProgressState.FAILED, message=step.message or ending.reason)
    if step.state is ProgressState.DONE or (step.name == "tag" and not tagged):
        return step
    return replace(step, state=ProgressState.DONE, message=None)
