"""The zone that an owner lives in, and bringing it to their photos."""

from collections.abc import Callable
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.home_zones import HomeZoneChange, HomeZoneRepository
from pichaven_gallery.photos.lifecycle import Change, Decide, next_version, with_home_zone
from pichaven_gallery.photos.photo import LibraryState, Photo
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.sweeps import Sweep

_MAX_OWNERS: Final = 20
_MAX_PHOTOS: Final = 200


class GetHomeZone:
    def __init__(self, zones: HomeZoneRepository) -> None:
        self._zones = zones

    async def __call__(self, viewer: Viewer) -> str | None:
        return await self._zones.get(viewer.user_id)


class SetHomeZone:
    """Set the zone of times that come without one; `ApplyHomeZones` dates the photos anew."""

    def __init__(self, zones: HomeZoneRepository, wake_apply: Callable[[], None]) -> None:
        self._zones = zones
        self._wake_apply = wake_apply

    async def __call__(self, viewer: Viewer, zone: str | None) -> None:
        await self._zones.put(viewer.user_id, zone)
        self._wake_apply()


class ApplyHomeZones:
    """Give one batch of photos their owner's home zone. May be repeated."""

    def __init__(self, photos: PhotoRepository, zones: HomeZoneRepository, clock: Clock) -> None:
        self._photos = photos
        self._zones = zones
        self._clock = clock

    async def __call__(self) -> Sweep:
        count = 0
        for change in await self._zones.list_due(limit=_MAX_OWNERS):
            photo_ids = await self._photos.list_outside_home_zone(
                change.owner_id, change.zone, limit=_MAX_PHOTOS
            )
            await self._photos.change_many(dict.fromkeys(photo_ids, self._decision(change)))
            if len(photo_ids) < _MAX_PHOTOS:
                await self._zones.finish(change)
            count += len(photo_ids)
        return Sweep(count, has_more=count >= _MAX_PHOTOS)

    def _decision(self, change: HomeZoneChange) -> Decide:
        def decide(photo: Photo | None) -> Change | None:
            if photo is None or photo.library_state is LibraryState.PURGED:
                return None
            after = with_home_zone(photo, change.zone)
            now = self._clock()
            return next_version(photo, after, now, ChangeAction.REDATED, change.owner_id)

        return decide
