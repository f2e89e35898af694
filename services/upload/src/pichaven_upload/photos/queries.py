"""Which files need not be sent."""

from collections.abc import Mapping, Sequence

from pichaven_upload.ports import Photos


class FindKnown:
    def __init__(self, photos: Photos) -> None:
        self._photos = photos

    async def __call__(self, owner_id: str, digests: Sequence[str]) -> Mapping[str, str]:
        """Photo ids by digest, in the order asked, of what this owner has."""
        wanted = list(dict.fromkeys(digests))
        known = await self._photos.live_by_digest(owner_id, wanted) if wanted else {}
        return {digest: known[digest] for digest in wanted if digest in known}
