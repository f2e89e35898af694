"""Photos that were removed for good, as long as work on them may still be under way."""

from typing import Final

from cachetools import LRUCache

from pichaven_chassis.storage import ObjectStore
from pichaven_processing.photos.derived_keys import photo_prefix

_REMEMBERED: Final = 100_000
_DELETED_AT_ONCE: Final = 1000


class RecentPurges:
    """Remembers the latest purges that this process has seen; ids of photos never come again."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._photos: LRUCache[str, None] = LRUCache(most)

    def add(self, photo_id: str) -> None:
        self._photos[photo_id] = None

    def __contains__(self, photo_id: str) -> bool:
        return photo_id in self._photos


class RemoveDerived:
    """Removes everything that was ever derived of a photo. May run twice and late."""

    def __init__(self, store: ObjectStore, purges: RecentPurges) -> None:
        self._store = store
        self._purges = purges

    async def __call__(self, owner_id: str, photo_id: str) -> None:
        # Remembered first: work that ends from now on removes what it wrote by itself.
        self._purges.add(photo_id)
        found: list[str] = []
        async for item in self._store.list(photo_prefix(owner_id, photo_id)):
            found.append(item.key)
            if len(found) == _DELETED_AT_ONCE:
                await self._store.delete(found)
                found.clear()
        if found:
            await self._store.delete(found)
