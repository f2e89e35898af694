"""Events in: photos to embed and tag, requests to analyse again, purges."""

from collections.abc import Sequence
from typing import Final

from pichaven_chassis.events import Delivery, EventRouter
from pichaven_contracts.photo import PhotoProcessed, PhotoPurged, PhotoReanalyzeRequested
from pichaven_contracts.topics import COMMANDS, PROCESSING
from pichaven_ml.analysis.photo_step import AnalysisRequest
from pichaven_ml.container import EventContainer

_MAX_WAIT_MS: Final = 50

router: Final = EventRouter("ml")


@router.on_batch(
    PROCESSING, types={PhotoProcessed}, group="ml", max_records=32, max_wait_ms=_MAX_WAIT_MS
)
async def embed_photos(deliveries: Sequence[Delivery], container: EventContainer) -> None:
    await container.embed_photos(AnalysisRequest.from_deliveries(deliveries))


# Reanalyses wait behind fresh photos, and read text: each photo may take its whole time limit for
# that, and as long for a fresh one that is read in between.
@router.on_batch(
    COMMANDS,
    types={PhotoReanalyzeRequested, PhotoPurged},
    max_records=8,
    max_wait_ms=_MAX_WAIT_MS,
    max_handling_s=600,
)
async def handle_commands(deliveries: Sequence[Delivery], container: EventContainer) -> None:
    """Analyse, without the photos that the batch purges; tombstones come last."""
    steps = [container.embed_photos]
    if container.read_texts is not None:
        steps.append(container.read_texts)
    purged = {
        delivery.event.photo_id: delivery.event
        for delivery in deliveries
        if isinstance(delivery.event, PhotoPurged)
    }
    for step in steps:
        for photo_id in purged:
            step.forget(photo_id)
    requests = AnalysisRequest.from_deliveries(deliveries)
    for step in steps:
        await step(requests)
    for event in purged.values():
        await container.forget_photo(event)
