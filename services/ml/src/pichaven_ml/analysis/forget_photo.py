"""Remove the analysis of a purged photo from the compacted topic."""

from pichaven_chassis.events import EventPublisher
from pichaven_contracts.photo import PhotoPurged
from pichaven_contracts.topics import ANALYSIS


class ForgetPhoto:
    """May be repeated. A concurrent analysis may still follow; gallery then purges again."""

    def __init__(self, publisher: EventPublisher) -> None:
        self._publisher = publisher

    async def __call__(self, purged: PhotoPurged) -> None:
        await self._publisher.publish_tombstone(ANALYSIS, purged.photo_id)
