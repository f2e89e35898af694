"""A router with a subscription of each kind."""

from pichaven_chassis.events import Delivery, EventRouter
from pichaven_contracts import topics
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoProcessed,
    PhotoProgressed,
    PhotoPurged,
    PhotoRejected,
    PhotoTextRead,
)


def sample_router() -> EventRouter:
    """Return a router of upload with single, batch and replica handlers that do nothing."""
    router = EventRouter("upload")

    @router.on(topics.PROCESSING, PhotoProcessed, group="upload")
    async def verify(event: PhotoProcessed) -> None: ...

    @router.on(topics.PROCESSING, PhotoRejected, group="upload", max_handling_s=90)
    async def reject(event: PhotoRejected) -> None: ...

    @router.on(topics.COMMANDS, PhotoPurged)
    async def purge(event: PhotoPurged) -> None: ...

    @router.on_batch(
        topics.LIBRARY, topics.TEXT, types={PhotoChanged, PhotoTextRead}, group="index"
    )
    async def index(deliveries: list[Delivery]) -> None: ...

    @router.on_every_replica(topics.PROGRESS, PhotoProgressed)
    async def show(event: PhotoProgressed) -> None: ...

    return router
