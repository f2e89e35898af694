"""Back-pressure on the one-request uploads of a process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class StreamSlots:
    """Limits concurrent streams per process and per owner, so that memory is bounded and shared."""

    def __init__(self, streams: int, *, per_owner: int) -> None:
        self._all = asyncio.Semaphore(streams)
        self._per_owner = per_owner
        self._owners: dict[str, asyncio.Semaphore] = {}
        self._users: defaultdict[str, int] = defaultdict(int)

    @asynccontextmanager
    async def slot(self, owner_id: str) -> AsyncIterator[None]:
        """Wait for a free slot; an owner's further streams wait behind his own."""
        own = self._owners.setdefault(owner_id, asyncio.Semaphore(self._per_owner))
        self._users[owner_id] += 1
        try:
            async with own, self._all:
                yield
        finally:
            self._users[owner_id] -= 1
            if not self._users[owner_id]:
                del self._users[owner_id], self._owners[owner_id]
