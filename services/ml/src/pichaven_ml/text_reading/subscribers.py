"""Events in: photos whose text is to be read.

The group is its own, so that embedding never waits for reading.
"""

from collections.abc import Sequence
from typing import Final

from pichaven_chassis.events import Delivery, EventRouter
from pichaven_contracts.photo import PhotoProcessed
from pichaven_contracts.topics import PROCESSING
from pichaven_ml.analysis.photo_step import AnalysisRequest
from pichaven_ml.container import EventContainer

router: Final = EventRouter("ml")


# Each photo may take its whole time limit, and as long for a reanalysed one read in between.
@router.on_batch(
    PROCESSING,
    types={PhotoProcessed},
    group="ml-text",
    max_records=16,
    max_wait_ms=50,
    max_handling_s=600,
)
async def read_texts(deliveries: Sequence[Delivery], container: EventContainer) -> None:
    if container.read_texts is not None:
        await container.read_texts(AnalysisRequest.from_deliveries(deliveries))
