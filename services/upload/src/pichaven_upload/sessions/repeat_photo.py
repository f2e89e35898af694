"""Publishing a photo again that the library does not have."""

from datetime import timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.logging import get_logger
from pichaven_upload.photos.model import ConfirmationWaits, Photo, PhotoState
from pichaven_upload.photos.repository import PhotoRepository
from pichaven_upload.sessions.accept_upload import to_uploaded_event
from pichaven_upload.sessions.repository import UploadRepository

_log = get_logger(__name__)
_LONGEST_WAIT: Final = timedelta(days=1)


class RepeatPhoto:
    """Publish the event of a photo again that the library has not confirmed.

    Consumers make of it what they have made of the first one: gallery the photo, processing the
    outcome. The wait for the next confirmation doubles each time, up to a day.
    """

    def __init__(
        self,
        uploads: UploadRepository,
        photos: PhotoRepository,
        waits: ConfirmationWaits,
        *,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._waits = waits
        self._clock = clock

    async def __call__(self, photo: Photo) -> None:
        upload = await self._uploads.get(photo.uploads[-1])
        if upload is None:
            # Its history has ended, a month after it.
            await self._photos.give_up_confirmation(photo.photo_id)
            _log.error("photo_never_confirmed", photo_id=photo.photo_id, repeats=photo.repeats)
            return
        # At the time of the first event, so that a library that has that one sees no difference.
        event = to_uploaded_event(
            upload, photo.photo_id, photo.key, photo.revision, photo.created_at
        )
        verified = photo.state is PhotoState.VERIFIED
        wait = self._waits.verified if verified else self._waits.accepted
        wait = min(wait * (1 << min(photo.repeats + 1, 20)), _LONGEST_WAIT)
        if await self._photos.repeat(photo, event, confirm_at=self._clock() + wait):
            _log.warning(
                "photo_repeated",
                photo_id=photo.photo_id,
                state=photo.state.value,
                repeats=photo.repeats + 1,
            )
