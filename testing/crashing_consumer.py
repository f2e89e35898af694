"""Begins to handle an event, says so, and never ends: for a test to kill it.

`python crashing_consumer.py SERVERS SERVICE`
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pichaven_contracts.photo import PhotoPurged
from testing.event_service import EventService


async def main(servers: str, name: str) -> None:
    service = EventService(servers, name)
    router = service.router()

    @router.on(service.topic, PhotoPurged, group=name)
    async def hang(event: PhotoPurged) -> None:
        print(f"begun {event.photo_id}", flush=True)
        await asyncio.sleep(3600)

    await service.broker(router).start()
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
