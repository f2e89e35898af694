"""Metrics of photos on their way to an outcome."""

from typing import Final

from prometheus_client import Gauge, Histogram

from pichaven_chassis.clock import Clock
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

OUTCOME_SECONDS: Final = Histogram(
    "pichaven_photo_outcome_seconds",
    "From the upload of a photo, or its owner's request to process it again, to ready or failed.",
    ["status"],
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600, 14400),
)
OLDEST_PROCESSING: Final = Gauge(
    "pichaven_oldest_processing_photo_seconds",
    "How long the photo that has waited longest for its outcome has waited; 0 where none waits.",
)


class MeasureOldestPhoto:
    """Set the age of the photo that has waited longest."""

    def __init__(self, photos: PhotoRepository, clock: Clock) -> None:
        self._photos = photos
        self._clock = clock

    async def __call__(self) -> Sweep:
        now = self._clock()
        since = await self._photos.processing_since(now)
        OLDEST_PROCESSING.set((now - since).total_seconds() if since else 0)
        return Sweep(1 if since else 0, has_more=False)
