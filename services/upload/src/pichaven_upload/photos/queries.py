"""Which files an owner has already."""

from collections.abc import Mapping, Sequence

from pichaven_upload.photos.repository import PhotoRepository


class FindPhotosByDigest:
    def __init__(self, photos: PhotoRepository) -> None:
        self._photos = photos

    async def __call__(self, owner_id: str, digests: Sequence[str]) -> Mapping[str, str]:
        """Return the owner's photo ids by digest, in the order of the digests."""
        distinct = list(dict.fromkeys(digests))
        photos = await self._photos.find_all_live(owner_id, distinct) if distinct else {}
        return {digest: photos[digest].photo_id for digest in distinct if digest in photos}
