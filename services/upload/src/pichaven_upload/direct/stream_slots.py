"""Who may stream a file through this process at this moment."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class StreamSlots:
    """So many streams at once, and so many of one owner, that memory is bounded and shared."""

    def __init__(self, streams: int, *, of_one_owner: int) -> None:
        self._all = asyncio.Semaphore(streams)
        self._of_one_owner = of_one_owner
        self._owners: dict[str, asyncio.Semaphore] = {}
        self._using: defaultdict[str, int] = defaultdict(int)

    @asynccontextmanager
    async def slot(self, owner_id: str) -> AsyncIterator[None]:
        """Waits for a free slot; an owner's further streams wait behind his own."""
        own = self._owners.setdefault(owner_id, asyncio.Semaphore(self._of_one_owner))
        self._using[owner_id] += 1
        try:
            async with own, self._all:
                yield
        finally:
            self._using[owner_id] -= 1
            if not self._using[owner_id]:
                del self._using[owner_id], self._owners[owner_id]
