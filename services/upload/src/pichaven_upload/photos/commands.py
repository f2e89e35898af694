"""What processing and the library report of a photo: verified, rejected, trashed, purged.

The original of an ended photo is removed with the last photo that shares it, and its bytes leave
the account. The photo's own record says that this release is due until all of it is done; every
step may be repeated.
"""

from pichaven_chassis.clock import Clock
from pichaven_upload.blobs.commands import ReleaseBlobs
from pichaven_upload.blobs.repository import BlobRepository
from pichaven_upload.photos.model import Photo
from pichaven_upload.photos.repository import PhotoRepository
from pichaven_upload.usage.model import Account
from pichaven_upload.usage.repository import AccountRepository


class VerifyPhoto:
    """Note that processing found the original to be what was announced."""

    def __init__(self, photos: PhotoRepository, blobs: BlobRepository) -> None:
        self._photos = photos
        self._blobs = blobs

    async def __call__(self, photo_id: str, revision: int, key: str, sha256: str) -> None:
        await self._blobs.verify(key, sha256)
        await self._photos.verify(photo_id, revision)


class TrackTrash:
    """Note that the owner moved a photo into the trash or out of it."""

    def __init__(self, photos: PhotoRepository) -> None:
        self._photos = photos

    async def __call__(self, photo_id: str, *, in_trash: bool, version: int) -> None:
        """Ignore a change older than the last one noted, by the library's version."""
        await self._photos.set_in_trash(photo_id, in_trash=in_trash, version=version)


class ConfirmPhoto:
    """Note that the library has a photo, in whatever state."""

    def __init__(self, photos: PhotoRepository) -> None:
        self._photos = photos

    async def __call__(self, photo_id: str, *, ready_revision: int | None) -> None:
        """`ready_revision` is None while the library does not have the photo as ready."""
        if ready_revision is None:
            await self._photos.confirm_seen(photo_id)
        else:
            await self._photos.confirm_ready(photo_id, ready_revision)


class ReleasePhoto:
    """Release the blobs and the quota of an ended photo."""

    def __init__(
        self,
        photos: PhotoRepository,
        accounts: AccountRepository,
        release_blobs: ReleaseBlobs,
        *,
        clock: Clock,
    ) -> None:
        self._photos = photos
        self._accounts = accounts
        self._release_blobs = release_blobs
        self._clock = clock

    async def __call__(self, photo: Photo) -> None:
        now = self._clock()
        await self._release_blobs(photo.owner_id, photo.sha256, photo.uploads)

        async def release(account: Account) -> Account:
            # Read after the account: if another process finished the release and forgot it, the
            # account has changed since, and this update conflicts and is tried again.
            current = await self._photos.get(photo.photo_id)
            if current is None or not current.release_due:
                return account
            return account.release(photo.photo_id, photo.size, now)

        async def forget(account: Account) -> Account:
            return account.forget(photo.photo_id)

        await self._accounts.update_optimistically(photo.owner_id, release)
        await self._photos.mark_released(photo.photo_id)
        await self._accounts.update_optimistically(photo.owner_id, forget)


class RejectPhoto:
    """End a photo whose original processing rejected."""

    def __init__(self, photos: PhotoRepository, release: ReleasePhoto, *, clock: Clock) -> None:
        self._photos = photos
        self._release = release
        self._clock = clock

    async def __call__(self, photo_id: str, revision: int) -> None:
        """Change nothing if the photo has a later revision or a verified original."""
        photo = await self._photos.reject(photo_id, revision, now=self._clock())
        if photo is not None and photo.release_due:
            await self._release(photo)


class PurgePhoto:
    """End a photo that the owner removed for good."""

    def __init__(self, photos: PhotoRepository, release: ReleasePhoto, *, clock: Clock) -> None:
        self._photos = photos
        self._release = release
        self._clock = clock

    async def __call__(self, photo_id: str) -> None:
        photo = await self._photos.purge(photo_id, now=self._clock())
        if photo is not None and photo.release_due:
            await self._release(photo)
