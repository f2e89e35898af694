"""Events in: the library, the texts and the embeddings of photos.

A model's embedding topic is read from its beginning within seconds of its creation.
"""

from typing import Final

from pichaven_chassis.events import Delivery, EventRouter, Meta
from pichaven_contracts.inventory import LibraryInventoried
from pichaven_contracts.topics import EMBEDDINGS, INVENTORY, LIBRARY, TEXT
from pichaven_search.container import EventContainer
from pichaven_search.index.commands import EVENT_TYPES

router: Final = EventRouter("search")


@router.on_batch(LIBRARY, TEXT, EMBEDDINGS, types=EVENT_TYPES, group="search")
async def index_photos(deliveries: list[Delivery], container: EventContainer) -> None:
    await container.index_photos(deliveries)


@router.on(INVENTORY, LibraryInventoried)
async def compare_with_library(
    event: LibraryInventoried, meta: Meta, container: EventContainer
) -> None:
    await container.compare_with_library(event, meta)
