"""Ending an upload without a photo, and cleaning up after any upload."""

from datetime import datetime, timedelta

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.upload import UploadFailed
from pichaven_upload.blobs.repository import BlobRepository
from pichaven_upload.sessions.model import UNFINISHED, Failure, Upload, UploadState
from pichaven_upload.sessions.repository import UploadRepository
from pichaven_upload.usage.model import Account
from pichaven_upload.usage.repository import AccountRepository


class CleanUpUpload:
    """Remove what an ended upload left in storage and settle the owner's account.

    May be repeated; the reconciler repeats it until it has succeeded once.
    """

    def __init__(
        self,
        uploads: UploadRepository,
        blobs: BlobRepository,
        accounts: AccountRepository,
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
        is_accepted = upload.state is UploadState.ACCEPTED
        if upload.multipart_id is not None and not is_accepted:
            await self._store.abort_multipart(upload.scratch_key or upload.key, upload.multipart_id)
        unused = [upload.scratch_key] if upload.scratch_key else []
        if upload.sidecar_key and not await self._blobs.exists(upload.sidecar_key):
            unused.append(upload.sidecar_key)
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

        await self._accounts.update_optimistically(upload.owner_id, settle)
        await self._uploads.mark_cleaned_up(
            upload.upload_id, forget_at=self._clock() + self._history
        )


class AbortUpload:
    """End an unfinished upload without a photo, with its event, and clean up."""

    def __init__(self, uploads: UploadRepository, clean_up: CleanUpUpload, *, clock: Clock) -> None:
        self._uploads = uploads
        self._clean_up = clean_up
        self._clock = clock

    async def __call__(
        self,
        upload: Upload,
        state: UploadState,
        failure: Failure,
        *,
        only_if_open: bool = False,
        publish: bool = True,
    ) -> Upload | None:
        """Return the ended upload, or None if it had ended or got further already.

        The transition is conditional and carries `upload.failed` in its write, so that however
        many processes abort an upload, it is published once.
        """
        now = self._clock()
        ended = await self._uploads.transition(
            upload.upload_id,
            state,
            since={UploadState.OPEN} if only_if_open else UNFINISHED,
            now=now,
            failure=failure,
            event=_to_event(upload, failure, now) if publish else None,
        )
        if ended is not None:
            await self._clean_up(ended)
        return ended


def _to_event(upload: Upload, failure: Failure, now: datetime) -> UploadFailed:
    return UploadFailed(
        occurred_at=now,
        photo_id=upload.photo_id,
        owner_id=upload.owner_id,
        upload_id=upload.upload_id,
        filename=upload.filename,
        code=failure.code,
        message=failure.message,
    )
