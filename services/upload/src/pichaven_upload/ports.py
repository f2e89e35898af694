"""What the use cases need from outside. Object storage is the chassis' `ObjectStore`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoUploaded
from pichaven_upload.photos.model import Blob, Photo, PhotoState
from pichaven_upload.sessions.model import Failure, Upload, UploadState
from pichaven_upload.usage.model import Account


class SlotTaken(Exception):
    """An unfinished upload of the same thing exists."""


class Uploads(Protocol):
    async def add(self, upload: Upload) -> None:
        """Raises `SlotTaken`."""
        ...

    async def get(self, upload_id: str) -> Upload | None: ...

    async def in_slot(self, slot: str) -> Upload | None:
        """The unfinished upload that holds the slot."""
        ...

    async def prolong(self, upload_id: str, expires_at: datetime) -> None: ...

    async def replace_multipart(self, upload_id: str, old: str | None, new: str) -> bool:
        """False when the upload no longer has the `old` one, or is no longer unfinished."""
        ...

    async def move(
        self,
        upload_id: str,
        to: UploadState,
        *,
        since: Collection[UploadState],
        now: datetime,
        failure: Failure | None = None,
        event: Event | None = None,
    ) -> Upload | None:
        """Change the state, with the event in the same write; None when it is in none of `since`.

        A move into an end state leaves the upload to be tidied.
        """
        ...

    async def describe(self, upload: Upload) -> None:
        """Write what an unfinished one-request upload turned out to be, its key above all."""
        ...

    async def accept(
        self,
        upload_id: str,
        *,
        photo_id: str,
        blob_key: str | None,
        adds_photo: bool,
        duplicate_of: str | None,
        now: datetime,
    ) -> Upload | None:
        """End a stored upload well and leave it to be tidied; None when it was not stored."""
        ...

    async def tidied(self, upload_id: str, *, forget_at: datetime) -> None:
        """Nothing of an ended upload is left to do; it is forgotten by and by."""
        ...

    async def expired(self, now: datetime, *, limit: int) -> Sequence[Upload]:
        """Open uploads past their time."""
        ...

    async def stalled(self, before: datetime, *, limit: int) -> Sequence[Upload]:
        """Uploads in `completing` or `stored` since before the moment."""
        ...

    async def untidied(self, before: datetime, *, limit: int) -> Sequence[Upload]:
        """Uploads that ended before the moment and still wait to be tidied."""
        ...


class DigestTaken(Exception):
    """The owner has a photo that claims these bytes as the first."""


class Photos(Protocol):
    async def get(self, photo_id: str) -> Photo | None: ...

    async def live(self, owner_id: str, sha256: str) -> Photo | None:
        """The owner's first live photo of these bytes outside the trash."""
        ...

    async def live_by_digest(self, owner_id: str, digests: Sequence[str]) -> Mapping[str, str]:
        """Photo ids by digest, as `live` finds them; one indexed query."""
        ...

    async def add(self, photo: Photo, event: PhotoUploaded, *, first: bool) -> bool:
        """Keep a new photo and its event in one write; False when its id is known already.

        With `first`, raises `DigestTaken` where another live photo of the owner, not in the
        trash, was added as the first of these bytes.
        """
        ...

    async def revise(
        self, photo_id: str, upload_id: str, key: str, event: Callable[[int], PhotoUploaded]
    ) -> Photo | None:
        """Give a live photo its next revision, with its event in the same write.

        An upload counts once. The photo stays verified only if it keeps its object. None when
        it is not live.
        """
        ...

    async def shelve(self, photo_id: str, *, in_trash: bool, version: int) -> None:
        """Note that its owner moved a live photo into the trash or out of it.

        A word that is older than the last one noted, by the library's version, changes nothing.
        """
        ...

    async def verify(self, photo_id: str, revision: int) -> None:
        """Accepted becomes verified; anything else, or another revision, stays."""
        ...

    async def end(
        self, photo_id: str, to: PhotoState, *, revision: int | None, now: datetime
    ) -> Photo | None:
        """Reject or purge a photo; its release is due if it was live.

        Rejected is only what was accepted and has this revision: a verified original outlives
        a later attempt at it that fails. The photo as it is afterwards; None if unknown.
        """
        ...

    async def released(self, photo_id: str) -> None:
        """Everything that the photo held has been given back."""
        ...

    async def to_release(self, before: datetime, *, limit: int) -> Sequence[Photo]:
        """Photos that ended before the moment and whose release is due."""
        ...


class Blobs(Protocol):
    async def add(self, blob: Blob) -> None:
        """Keep a blob; if it is known, its holders are added."""
        ...

    async def exists(self, key: str) -> bool: ...

    async def join_verified(self, owner_id: str, sha256: str, upload_id: str) -> Blob | None:
        """Let an upload hold a verified blob of its owner, if there is one; as it was before."""
        ...

    async def verify(self, key: str, sha256: str) -> None: ...

    async def leave(
        self, owner_id: str, sha256: str, upload_ids: Sequence[str], *, now: datetime
    ) -> Sequence[str]:
        """End the hold of these uploads on blobs of these bytes.

        The keys of blobs that nobody holds any more; their objects are to be deleted now.
        """
        ...

    async def unreferenced(self, before: datetime, *, limit: int) -> Sequence[str]:
        """Keys of blobs that nobody has held since before the moment."""
        ...

    async def remove(self, keys: Sequence[str]) -> None:
        """Forget blobs that nobody holds, after their objects."""
        ...


class Accounts(Protocol):
    async def get(self, owner_id: str) -> Account:
        """The owner's account; an empty one if there is none yet."""
        ...

    async def change(
        self, owner_id: str, change: Callable[[Account], Awaitable[Account]]
    ) -> Account:
        """Apply a change to the account as it is; run again when another change came first.

        What `change` reads elsewhere is read after the account, so that what it decides holds
        for the very version that it changes. What it raises is passed on.
        """
        ...

    def with_reservations(self, before: datetime) -> AsyncIterator[Account]:
        """Accounts that have reservations or unforgotten releases from before the moment."""
        ...
