"""Presigned URLs for the parts of an upload."""

from collections.abc import Mapping, Sequence

from pichaven_chassis.storage import Presigner, SignedUrl
from pichaven_upload.sessions.errors import InvalidPartList, to_problem
from pichaven_upload.sessions.model import Upload
from pichaven_upload.sessions.repository import UploadRepository


class PartSigner:
    """Signs part URLs for the host that the client uses."""

    def __init__(self, presigner: Presigner, *, ttl_s: int) -> None:
        self._presigner = presigner
        self._ttl_s = ttl_s

    def __call__(
        self, upload: Upload, numbers: Sequence[int], base_url: str
    ) -> Mapping[int, SignedUrl]:
        return {
            number: self._presigner.put_part(
                upload.key,
                upload.multipart_id or "",
                number,
                size=upload.size_of_part(number),
                base_url=base_url,
                expires_s=self._ttl_s,
            )
            for number in numbers
        }


class SignParts:
    """Sign URLs for parts of an unfinished upload."""

    def __init__(self, uploads: UploadRepository, sign: PartSigner) -> None:
        self._uploads = uploads
        self._sign = sign

    async def __call__(
        self, owner_id: str, upload_id: str, numbers: Sequence[int], base_url: str
    ) -> Mapping[int, SignedUrl]:
        """Return URLs by part number. Raises `NotFound`, `UploadEnded`, `InvalidPartList`."""
        upload = await self._uploads.get_owned(owner_id, upload_id)
        if not upload.is_unfinished or upload.slot is None:
            raise to_problem(upload)
        if outside := upload.parts_outside(numbers):
            raise InvalidPartList(outside)
        return self._sign(upload, numbers, base_url)
