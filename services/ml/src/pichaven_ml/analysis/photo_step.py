"""A step of the analysis of a photo, and what requests it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, Self

from pichaven_chassis.events import Delivery, EventMeta
from pichaven_contracts.photo import (
    Lane,
    PhotoEvent,
    PhotoProcessed,
    PhotoProgressed,
    PhotoReanalyzeRequested,
    ProgressState,
)
from pichaven_ml.inference.batching import Urgency

READABLE_FORMATS: Final = ("jpeg", "webp")
"""Of variants, ordered by the cost of decoding."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """A photo to analyse, and the event that requests it."""

    photo: PhotoProcessed
    cause: EventMeta
    urgency: Urgency
    requested_at: datetime | None = None
    """When reanalysis was requested: the result is later, whatever this machine's clock says."""

    @classmethod
    def from_deliveries(cls, deliveries: Iterable[Delivery]) -> list[Self]:
        """Return the requests among the deliveries."""
        requests = []
        for delivery in deliveries:
            event = delivery.event
            if isinstance(event, PhotoProcessed):
                urgency = Urgency.FRESH_BULK if event.lane is Lane.BULK else Urgency.FRESH
                requests.append(cls(event, delivery.meta, urgency))
            elif isinstance(event, PhotoReanalyzeRequested):
                requests.append(
                    cls(event.processed, delivery.meta, Urgency.REANALYSIS, event.occurred_at)
                )
        return requests


class PhotoStep(Protocol):
    """Compute facts of one photo. May be repeated; publishes nothing itself."""

    name: str
    percent: int
    """Of the whole analysis, where the step begins."""

    async def __call__(self, request: AnalysisRequest) -> Sequence[PhotoEvent]:
        """Return the facts, each followed by its progress.

        Raises `PermanentError`, `ObjectMissing`, or the error of an outage.
        """
        ...


def progress(
    photo: PhotoProcessed,
    step: str,
    state: ProgressState,
    percent: int,
    message: str | None = None,
) -> PhotoProgressed:
    return PhotoProgressed(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        revision=photo.revision,
        step=step,
        state=state,
        percent=percent,
        message=message,
    )
