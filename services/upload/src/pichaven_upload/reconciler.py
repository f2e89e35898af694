"""Finishing what crashed, expiring what was left, removing what nobody owns.

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
from pichaven_upload.photos.commands import EndPhoto
from pichaven_upload.ports import Accounts, Blobs, Photos, Uploads
from pichaven_upload.sessions.abort_upload import GiveUpUpload, TidyUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.inspect_upload import InspectUpload
from pichaven_upload.sessions.model import UNFINISHED, Failure, Upload, UploadState, upload_id_of
from pichaven_upload.usage.model import Account

T = TypeVar("T")

_log = get_logger(__name__)
_AT_ONCE: Final = 100
_JUST_NOW: Final = timedelta(minutes=1)
"""Younger leftovers are most likely being worked on."""
_DEEP_EVERY: Final = 20
_ORIGINALS: Final = "originals/"


class Sweep:
    def __init__(
        self,
        uploads: Uploads,
        photos: Photos,
        blobs: Blobs,
        accounts: Accounts,
        store: ObjectStore,
        *,
        accept: AcceptUpload,
        inspect: InspectUpload,
        give_up: GiveUpUpload,
        tidy: TidyUpload,
        end_photo: EndPhoto,
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
        self._give_up = give_up
        self._tidy = tidy
        self._end_photo = end_photo
        self._clock = clock
        self._stalled_after = stalled_after
        self._orphan_after = orphan_after
        self._interval_s = interval_s

    async def run(self) -> None:
        """Sweep for ever; every twentieth time also what takes a look through all of storage."""
        rounds = 0
        while True:
            await self.often()
            if rounds % _DEEP_EVERY == 0:
                await self.deep()
            rounds += 1
            await asyncio.sleep(self._interval_s * random.uniform(0.8, 1.2))

    async def often(self) -> None:
        """What indexes find at once."""
        now = self._clock()
        young = now - _JUST_NOW
        stalled = await self._uploads.stalled(now - self._stalled_after, limit=_AT_ONCE)
        await self._each("stalled", stalled, self._resume)
        expired = await self._uploads.expired(now, limit=_AT_ONCE)
        await self._each("expired", expired, self._expire)
        untidied = await self._uploads.untidied(young, limit=_AT_ONCE)
        await self._each("untidied", untidied, self._tidy)
        ended = await self._photos.to_release(young, limit=_AT_ONCE)
        await self._each("to_release", ended, self._end_photo.release)
        unused = await self._blobs.unreferenced(young, limit=_AT_ONCE)
        if unused:
            await self._store.delete(unused)
            await self._blobs.remove(unused)

    async def deep(self) -> None:
        """Reservations and multipart uploads that belong to no upload."""
        before = self._clock() - self._orphan_after
        async for account in self._accounts.with_reservations(before):
            await self._each("account", [account], self._check_account)
        async for multipart in self._store.list_multiparts(_ORIGINALS):
            if multipart.initiated > before:
                continue
            upload = await self._uploads.get(upload_id_of(multipart.key))
            if (
                upload is None
                or upload.state not in UNFINISHED
                or upload.multipart_id != multipart.upload_id
            ):
                _log.info("orphan_dropped", key=multipart.key)
                await self._store.abort_multipart(multipart.key, multipart.upload_id)

    async def _expire(self, upload: Upload) -> None:
        failure = Failure("expired", "The upload was not finished in time and has been removed.")
        await self._give_up(upload, UploadState.EXPIRED, failure, from_open_only=True)

    async def _resume(self, upload: Upload) -> None:
        """Bring a completion that stopped to its end, or back to where it can be repeated."""
        if upload.state is UploadState.STORED:
            await self._accept(upload)
            return
        view = await self._inspect.view(upload)
        if view.upload.state is UploadState.COMPLETING:
            await self._uploads.move(
                upload.upload_id,
                UploadState.OPEN,
                since={UploadState.COMPLETING},
                now=self._clock(),
            )

    async def _check_account(self, account: Account) -> None:
        before = self._clock() - self._orphan_after
        stale = [known for known, kept in account.open.items() if kept.at < before]
        left = [upload_id for upload_id in stale if await self._uploads.get(upload_id) is None]
        released = [
            photo_id
            for photo_id, at in account.releasing.items()
            if at < before and not await self._is_due(photo_id)
        ]
        if not left and not released:
            return

        async def correct(current: Account) -> Account:
            for upload_id in left:
                current = current.settle(upload_id, added_bytes=0, added_photos=0)
            for photo_id in released:
                current = current.forget(photo_id)
            return current

        await self._accounts.change(account.owner_id, correct)

    async def _is_due(self, photo_id: str) -> bool:
        photo = await self._photos.get(photo_id)
        return photo is not None and photo.release_due

    async def _each(
        self, kind: str, found: Sequence[T], work: Callable[[T], Awaitable[object]]
    ) -> None:
        """One that fails does not keep the others from being done; an outage ends the sweep."""
        for item in found:
            try:
                await work(item)
            except Exception as error:
                if is_outage(error):
                    raise
                _log.warning("sweep_failed", kind=kind, error=repr(error)[:300])
