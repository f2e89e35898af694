"""What an index lacks; for workers."""

from typing import Final

from pichaven_chassis.events import EventRouter
from pichaven_contracts.inventory import IndexGapsDetected
from pichaven_contracts.topics import INDEX_GAPS
from pichaven_gallery.container import EventContainer

router: Final = EventRouter("gallery")


@router.on(INDEX_GAPS, IndexGapsDetected)
async def repeat_changes(event: IndexGapsDetected, container: EventContainer) -> None:
    await container.repeat_changes(event.changes, event.analyses)
