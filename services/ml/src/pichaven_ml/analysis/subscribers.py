"""Events in."""

from collections.abc import Sequence
from typing import Final

from pichaven_chassis.events import Delivery, EventBroker
from pichaven_contracts.photo import PhotoProcessed, PhotoPurged, PhotoReanalyzeRequested
from pichaven_contracts.topics import COMMANDS, PROCESSING
from pichaven_ml.analysis.analyze_photos import AnalysisRequest, AnalyzePhotos
from pichaven_ml.analysis.forget_photo import ForgetPhoto

FRESH_GROUP: Final = "ml"
COMMANDS_GROUP: Final = "ml-commands"
_RECORDS: Final = 32
_MAX_WAIT_MS: Final = 50
_MAX_HANDLING_S: Final = 120
_COMMANDS_HANDLING_S: Final = 600
"""Reanalyses wait behind fresh photos, and read text: each photo of a batch may take its whole
time limit for that."""


class PhotoEvents:
    """Hand batches of deliveries to use cases; `patient` if fresh photos are read at once."""

    def __init__(
        self, analyze: AnalyzePhotos, forget: ForgetPhoto, *, patient: bool = False
    ) -> None:
        self._analyze = analyze
        self._forget = forget
        self._patient = patient

    def subscribe(self, broker: EventBroker) -> None:
        broker.subscribe_batch(
            PROCESSING,
            group=FRESH_GROUP,
            handle=self.on_processed,
            types={PhotoProcessed},
            max_records=_RECORDS,
            max_wait_ms=_MAX_WAIT_MS,
            max_handling_s=_COMMANDS_HANDLING_S if self._patient else _MAX_HANDLING_S,
        )
        broker.subscribe_batch(
            COMMANDS,
            group=COMMANDS_GROUP,
            handle=self.on_commands,
            types={PhotoReanalyzeRequested, PhotoPurged},
            max_records=_RECORDS,
            max_wait_ms=_MAX_WAIT_MS,
            max_handling_s=_COMMANDS_HANDLING_S,
        )

    async def on_processed(self, deliveries: Sequence[Delivery]) -> None:
        await self._analyze(
            [
                AnalysisRequest.from_processed(delivery.event, delivery.meta)
                for delivery in deliveries
                if isinstance(delivery.event, PhotoProcessed)
            ]
        )

    async def on_commands(self, deliveries: Sequence[Delivery]) -> None:
        """Analyse, without the photos that the batch purges; tombstones come last."""
        purged = {
            delivery.event.photo_id: delivery.event
            for delivery in deliveries
            if isinstance(delivery.event, PhotoPurged)
        }
        await self._analyze(
            [
                AnalysisRequest.from_reanalyze_requested(delivery.event, delivery.meta)
                for delivery in deliveries
                if isinstance(delivery.event, PhotoReanalyzeRequested)
                and delivery.event.photo_id not in purged
            ]
        )
        for event in purged.values():
            await self._forget(event)
