"""Purge a photo's derived objects, also while work on it is under way."""

from typing import Final

from cachetools import LRUCache

from pichaven_chassis.storage import ObjectStore
from pichaven_processing.photos.derived_keys import photo_prefix

_CAPACITY: Final = 100_000
_DELETE_BATCH: Final = 1000


class RecentPurges:
    """Ids of the photos that this process purged last; photo ids are never reused."""

    def __init__(self) -> None:
        self._photo_ids: LRUCache[str, None] = LRUCache(_CAPACITY)

    def add(self, photo_id: str) -> None:
        self._photo_ids[photo_id] = None

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self._photo_ids


class PurgePhoto:
    """Deletes every object that was ever derived from a photo. Idempotent."""

    def __init__(self, store: ObjectStore, purges: RecentPurges) -> None:
        self._store = store
        self._purges = purges

    async def __call__(self, owner_id: str, photo_id: str) -> None:
        # Before the deletes: work that ends from now on deletes what it wrote.
        self._purges.add(photo_id)
        keys: list[str] = []
        async for item in self._store.list(photo_prefix(owner_id, photo_id)):
            keys.append(item.key)
            if len(keys) == _DELETE_BATCH:
                await self._store.delete(keys)
                keys.clear()
        if keys:
            await self._store.delete(keys)
