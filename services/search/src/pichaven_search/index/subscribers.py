"""Events in: the library, the texts and the embeddings of photos.

A model's embedding topic is read from its beginning within seconds of its creation.
"""

from typing import Final

from pichaven_chassis.events import Delivery, EventRouter
from pichaven_contracts.topics import EMBEDDINGS, LIBRARY, TEXT
from pichaven_search.container import EventContainer
from pichaven_search.index.commands import EVENT_TYPES

router: Final = EventRouter("search")


@router.on_batch(LIBRARY, TEXT, EMBEDDINGS, types=EVENT_TYPES, group="search")
async def index_photos(deliveries: list[Delivery], container: EventContainer) -> None:
    await container.index_photos(deliveries)
