"""Ending an upload: leave nothing in storage that no photo shows, settle the account."""

from datetime import datetime, timedelta

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.upload import UploadFailed
from pichaven_upload.ports import Accounts, Blobs, Uploads
from pichaven_upload.sessions.model import UNFINISHED, Failure, Upload, UploadState
from pichaven_upload.usage.model import Account


class TidyUpload:
    """May be repeated, and is by the sweeper until it has gone through once."""

    def __init__(
        self,
        uploads: Uploads,
        blobs: Blobs,
        accounts: Accounts,
        store: ObjectStore,
        *,
        clock: Clock,
        history: timedelta,
    ) -> None:
        self._uploads = uploads
        self._blobs = blobs
        self._accounts = accounts
        self._store = store
        self._clock = clock
        self._history = history

    async def __call__(self, upload: Upload) -> None:
        accepted = upload.state is UploadState.ACCEPTED
        if upload.multipart_id is not None and not accepted:
            await self._store.abort_multipart(upload.scratch_key or upload.key, upload.multipart_id)
        unused = [upload.scratch_key] if upload.scratch_key else []
        if upload.key != upload.blob_key and not await self._blobs.exists(upload.key):
            unused.append(upload.key)
        if unused:
            await self._store.delete(unused)

        async def settle(account: Account) -> Account:
            return account.settle(
                upload.upload_id,
                added_bytes=upload.size if upload.adds_photo else 0,
                added_photos=1 if upload.adds_photo else 0,
            )

        await self._accounts.change(upload.owner_id, settle)
        await self._uploads.tidied(upload.upload_id, forget_at=self._clock() + self._history)


class GiveUpUpload:
    """End an unfinished upload without a photo, say so in an event if asked, and tidy up."""

    def __init__(self, uploads: Uploads, tidy: TidyUpload, *, clock: Clock) -> None:
        self._uploads = uploads
        self._tidy = tidy
        self._clock = clock

    async def __call__(
        self,
        upload: Upload,
        to: UploadState,
        failure: Failure,
        *,
        from_open_only: bool = False,
        silently: bool = False,
    ) -> Upload | None:
        """The ended upload; None when it could not be ended any more."""
        now = self._clock()
        gone = await self._uploads.move(
            upload.upload_id,
            to,
            since={UploadState.OPEN} if from_open_only else UNFINISHED,
            now=now,
            failure=failure,
            event=None if silently else _told(upload, failure, now),
        )
        if gone is not None:
            await self._tidy(gone)
        return gone


def _told(upload: Upload, failure: Failure, now: datetime) -> UploadFailed:
    return UploadFailed(
        occurred_at=now,
        photo_id=upload.photo_id,
        owner_id=upload.owner_id,
        upload_id=upload.upload_id,
        filename=upload.filename,
        code=failure.code,
        message=failure.message,
    )
