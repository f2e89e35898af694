"""Download the XMP sidecar that came with an original."""

from pathlib import Path
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_chassis.storage import ObjectMissing, ObjectStore, ObjectTooLarge
from pichaven_contracts.photo import PhotoUploaded

_log = get_logger(__name__)
_MAX_BYTES: Final = 1_000_000


class FetchSidecar:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def __call__(self, photo: PhotoUploaded, path: Path) -> None:
        """Write the sidecar to `path`. Without one, nothing: a photo does not depend on it."""
        if photo.sidecar_key is None:
            return
        try:
            await self._store.download(photo.sidecar_key, path, max_bytes=_MAX_BYTES)
        except (ObjectMissing, ObjectTooLarge) as error:
            path.unlink(missing_ok=True)
            _log.warning("sidecar_ignored", photo_id=photo.photo_id, error=repr(error)[:300])
