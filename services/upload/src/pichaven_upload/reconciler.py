"""The sweep: finishes what crashed, expires what was abandoned, removes what has no owner.

Any number of replicas may sweep at once: every step is a conditional write or may be repeated.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from pichaven_chassis.clock import Clock
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.storage import ObjectStore
from pichaven_upload.blobs.commands import ReleaseBlobs
from pichaven_upload.blobs.model import ORIGINALS, upload_id_of
from pichaven_upload.blobs.repository import BlobRepository
from pichaven_upload.photos.commands import ReleasePhoto
from pichaven_upload.photos.repository import PhotoRepository
from pichaven_upload.sessions.abort_upload import AbortUpload, CleanUpUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.inspect_upload import InspectUpload
from pichaven_upload.sessions.model import Failure, Upload, UploadState
from pichaven_upload.sessions.repeat_photo import RepeatPhoto
from pichaven_upload.sessions.repository import UploadRepository
from pichaven_upload.usage.model import Account
from pichaven_upload.usage.repository import AccountRepository

T = TypeVar("T")

_log = get_logger(__name__)
_BATCH: Final = 100
_REPEATED: Final = 20
"""Photos that a sweep publishes again: few, since they are processed again, and where gallery is
away for long none is confirmed."""
_SETTLING_TIME: Final = timedelta(minutes=1)
"""Younger leftovers are most likely being handled by the process that made them."""
_DEEP_EVERY: Final = 20


class Reconciler:
    """Find due work of uploads, photos, blobs and accounts, and do it."""

    def __init__(
        self,
        uploads: UploadRepository,
        photos: PhotoRepository,
        blobs: BlobRepository,
        accounts: AccountRepository,
        store: ObjectStore,
        *,
        accept: AcceptUpload,
        inspect: InspectUpload,
        abort: AbortUpload,
        clean_up: CleanUpUpload,
        release_photo: ReleasePhoto,
        release_blobs: ReleaseBlobs,
        repeat_photo: RepeatPhoto,
        clock: Clock,
        stalled_after: timedelta,
        orphan_after: timedelta,
        interval_s: float,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._blobs = blobs
        self._accounts = accounts
        self._store = store
        self._accept = accept
        self._inspect = inspect
        self._abort = abort
        self._clean_up = clean_up
        self._release_photo = release_photo
        self._release_blobs = release_blobs
        self._repeat_photo = repeat_photo
        self._clock = clock
        self._stalled_after = stalled_after
        self._orphan_after = orphan_after
        self._interval_s = interval_s

    async def run(self) -> None:
        """Sweep until cancelled; every twentieth sweep is also a deep one."""
        sweeps = 0
        while True:
            await self.sweep()
            if sweeps % _DEEP_EVERY == 0:
                await self.sweep_deep()
            sweeps += 1
            await asyncio.sleep(self._interval_s * random.uniform(0.8, 1.2))

    async def sweep(self) -> None:
        """Handle the due work that indexes find."""
        now = self._clock()
        settled = now - _SETTLING_TIME
        stalled = await self._uploads.list_stalled(now - self._stalled_after, limit=_BATCH)
        await self._handle_each("stalled_upload", stalled, self._resume)
        expired = await self._uploads.list_expired(now, limit=_BATCH)
        await self._handle_each("expired_upload", expired, self._expire)
        ended_uploads = await self._uploads.list_cleanup_due(settled, limit=_BATCH)
        await self._handle_each("ended_upload", ended_uploads, self._clean_up)
        ended_photos = await self._photos.list_release_due(settled, limit=_BATCH)
        await self._handle_each("ended_photo", ended_photos, self._release_photo)
        unconfirmed = await self._photos.list_unconfirmed(now, limit=_REPEATED)
        await self._handle_each("unconfirmed_photo", unconfirmed, self._repeat_photo)
        await self._release_blobs.delete(await self._blobs.list_unreferenced(settled, limit=_BATCH))

    async def sweep_deep(self) -> None:
        """Remove reservations and multipart uploads that belong to no upload."""
        before = self._clock() - self._orphan_after
        async for account in self._accounts.iterate_pending(before):
            await self._handle_each("account", [account], self._check_account)
        async for multipart in self._store.list_multiparts(ORIGINALS):
            if multipart.initiated > before:
                continue
            upload = await self._uploads.get(upload_id_of(multipart.key))
            if (
                upload is None
                or not upload.is_unfinished
                or upload.multipart_id != multipart.upload_id
            ):
                _log.info("orphaned_multipart_aborted", key=multipart.key)
                await self._store.abort_multipart(multipart.key, multipart.upload_id)

    async def _expire(self, upload: Upload) -> None:
        failure = Failure("expired", "The upload was not finished in time and has been removed.")
        await self._abort(upload, UploadState.EXPIRED, failure, only_if_open=True)

    async def _resume(self, upload: Upload) -> None:
        """Finish an interrupted completion, or reopen the upload so that it can be repeated."""
        if upload.state is UploadState.STORED:
            await self._accept(upload)
            return
        progress = await self._inspect.inspect(upload)
        if progress.upload.state is UploadState.COMPLETING:
            await self._uploads.transition(
                upload.upload_id,
                UploadState.OPEN,
                since={UploadState.COMPLETING},
                now=self._clock(),
            )

    async def _check_account(self, account: Account) -> None:
        before = self._clock() - self._orphan_after
        orphaned = [
            upload_id
            for upload_id, reservation in account.open.items()
            if reservation.at < before and await self._uploads.get(upload_id) is None
        ]
        released = [
            photo_id
            for photo_id, at in account.releasing.items()
            if at < before and not await self._is_release_due(photo_id)
        ]
        if not orphaned and not released:
            return

        async def correct(current: Account) -> Account:
            for upload_id in orphaned:
                current = current.settle(upload_id)
            for photo_id in released:
                current = current.forget(photo_id)
            return current

        await self._accounts.update_optimistically(account.owner_id, correct)

    async def _is_release_due(self, photo_id: str) -> bool:
        photo = await self._photos.get(photo_id)
        return photo is not None and photo.release_due

    async def _handle_each(
        self, kind: str, items: Sequence[T], handle: Callable[[T], Awaitable[object]]
    ) -> None:
        """Handle every item, even after others failed; an outage ends the sweep."""
        for item in items:
            try:
                await handle(item)
            except Exception as error:
                if is_outage(error):
                    raise
                _log.warning("sweep_step_failed", kind=kind, error=repr(error)[:300])
