"""When a photo ends: its original goes with the last photo that shows it, its bytes are free.

The photo's own record says that the release is due until everything has been given back; every
step may be repeated.
"""

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore
from pichaven_upload.photos.model import Photo, PhotoState
from pichaven_upload.ports import Accounts, Blobs, Photos
from pichaven_upload.usage.model import Account


class EndPhoto:
    def __init__(
        self,
        photos: Photos,
        blobs: Blobs,
        accounts: Accounts,
        store: ObjectStore,
        *,
        clock: Clock,
    ) -> None:
        self._photos = photos
        self._blobs = blobs
        self._accounts = accounts
        self._store = store
        self._clock = clock

    async def reject(self, photo_id: str, revision: int) -> None:
        """Processing refused this revision. A late word on an older one changes nothing."""
        await self._end(photo_id, PhotoState.REJECTED, revision)

    async def purge(self, photo_id: str) -> None:
        """The owner removed the photo for good."""
        await self._end(photo_id, PhotoState.PURGED, None)

    async def _end(self, photo_id: str, to: PhotoState, revision: int | None) -> None:
        photo = await self._photos.end(photo_id, to, revision=revision, now=self._clock())
        if photo is not None and photo.release_due:
            await self.release(photo)

    async def release(self, photo: Photo) -> None:
        """Give back what an ended photo held."""
        now = self._clock()
        unused = await self._blobs.leave(photo.owner_id, photo.sha256, photo.uploads, now=now)
        if unused:
            await self._store.delete(unused)
            await self._blobs.remove(unused)

        async def take_off(account: Account) -> Account:
            # Read after the account: if the release was finished elsewhere and forgotten, the
            # account has changed since, and this change is refused and tried anew.
            current = await self._photos.get(photo.photo_id)
            if current is None or not current.release_due:
                return account
            return account.release(photo.photo_id, photo.size, now)

        async def forget(account: Account) -> Account:
            return account.forget(photo.photo_id)

        await self._accounts.change(photo.owner_id, take_off)
        await self._photos.released(photo.photo_id)
        await self._accounts.change(photo.owner_id, forget)


class VerifyPhoto:
    """Processing found the original to be what was announced."""

    def __init__(self, photos: Photos, blobs: Blobs) -> None:
        self._photos = photos
        self._blobs = blobs

    async def __call__(self, photo_id: str, revision: int, key: str, sha256: str) -> None:
        await self._blobs.verify(key, sha256)
        await self._photos.verify(photo_id, revision)
