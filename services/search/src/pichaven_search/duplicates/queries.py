"""List groups of near duplicates; all pages are of one comparison of the library."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pichaven_chassis.pagination import TimeCursor
from pichaven_chassis.problems import NotFound
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_search.audience import Audience
from pichaven_search.duplicates.comparison import CompareLibrary, Comparison
from pichaven_search.duplicates.grouping import Group, Tier
from pichaven_search.duplicates.keeper import choose_keeper
from pichaven_search.duplicates.model import (
    Dismissal,
    Dismissals,
    DuplicatesPage,
    Fingerprints,
    NearDuplicates,
)
from pichaven_search.index.model import Index, SearchedIndex, with_current_index
from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.ml_client.model import PictureEncoder

FIRST_PAGE_MAX_AGE_S: Final = 30.0
"""Of the comparison that a first page is taken from; later pages use the same comparison."""
_MAX_AGE_S: Final = 600.0
_MAX_COMPARISONS: Final = 32
_MAX_PHOTOS_OF_GROUP: Final = 50
_MAX_PHOTOS_OF_PAGE: Final = 500


class FindNearDuplicates:
    """Raises `Unavailable` before there is an index, and where ml is needed and unavailable."""

    def __init__(
        self,
        indexes: SearchedIndex,
        fingerprints: Fingerprints,
        pictures: PictureEncoder,
        dismissals: Dismissals,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexes = indexes
        self._fingerprints = fingerprints
        self._dismissals = dismissals
        self._now = now
        self._comparisons = RefreshingCache(
            CompareLibrary(fingerprints, pictures, now=now),
            Lifetime(fresh_s=_MAX_AGE_S, stale_s=_MAX_AGE_S),
            max_entries=_MAX_COMPARISONS,
            now=now,
        )

    async def __call__(
        self, tier: Tier, audience: Audience, *, after: TimeCursor | None, limit: int
    ) -> DuplicatesPage:
        return await with_current_index(
            self._indexes, lambda index: self._page(index, tier, audience.own, after, limit)
        )

    async def dismiss(self, group_id: str, audience: Audience) -> None:
        """Show a group no more unless it gets another photo. Raises `NotFound`."""
        group = await with_current_index(
            self._indexes, lambda index: self._find(index, group_id, audience.own)
        )
        if group is None:
            raise NotFound("There is no such group of near duplicates.")
        dismissal = Dismissal(group.id, frozenset(group.photo_ids))
        await self._dismissals.put(audience.user_id, dismissal)

    async def restore(self, group_id: str, audience: Audience) -> None:
        """Show a dismissed group again. Raises `NotFound`."""
        if not await self._dismissals.delete(audience.user_id, group_id):
            raise NotFound("This group is not dismissed.")

    async def restore_all(self, audience: Audience) -> None:
        """Show all dismissed groups again."""
        await self._dismissals.clear(audience.user_id)

    async def _find(self, index: Index, group_id: str, audience: Audience) -> Group | None:
        """Return the group of the last comparison, or of a new one where that is old."""
        for is_first_page in (False, True):
            comparison = await self._compare(index, audience, is_first_page=is_first_page)
            for groups in comparison.groups.values():
                for group in groups:
                    if group.id == group_id:
                        return group
        return None

    async def _compare(
        self, index: Index, audience: Audience, *, is_first_page: bool
    ) -> Comparison:
        key = (index, audience)
        cached = self._comparisons.peek(key)
        if is_first_page and cached and self._now() - cached.at > FIRST_PAGE_MAX_AGE_S:
            return await self._comparisons.reload(key)
        return await self._comparisons.get(key)

    async def _page(
        self, index: Index, tier: Tier, audience: Audience, after: TimeCursor | None, limit: int
    ) -> DuplicatesPage:
        comparison = await self._compare(index, audience, is_first_page=after is None)
        dismissals = await self._dismissals.list(audience.user_id)
        groups = _without(comparison.groups[tier], dismissals)
        total = len(groups)
        dismissed = len(comparison.groups[tier]) - total
        if after is not None:
            groups = [group for group in groups if group.sort_key > (-after.at_ms, after.id)]
        page = _take(groups[:limit])
        photo_ids = [each for group in page for each in group.photo_ids[:_MAX_PHOTOS_OF_GROUP]]
        photos = await self._fingerprints.photos(index, audience, photo_ids)
        hydrated = [each for group in page if (each := _hydrate(group, photos))]
        has_more = len(groups) > len(page)
        next_cursor = TimeCursor(page[-1].newest_ms, page[-1].id) if has_more else None
        return DuplicatesPage(
            hydrated, total, dismissed, comparison.complete, index.model, next_cursor
        )

    async def close(self) -> None:
        """Cancel the comparisons under way."""
        await self._comparisons.close()


def _without(groups: Sequence[Group], dismissals: Sequence[Dismissal]) -> list[Group]:
    """Return the groups that have a photo which no dismissal of the others names."""
    by_photo: dict[str, list[Dismissal]] = {}
    for dismissal in dismissals:
        for photo_id in dismissal.photo_ids:
            by_photo.setdefault(photo_id, []).append(dismissal)
    return [
        group
        for group in groups
        if not any(
            dismissal.photo_ids.issuperset(group.photo_ids)
            for dismissal in by_photo.get(group.photo_ids[0], ())
        )
    ]


def _take(groups: Sequence[Group]) -> list[Group]:
    """Return the first groups that have at most `_MAX_PHOTOS_OF_PAGE` photos, at least one."""
    page: list[Group] = []
    room = _MAX_PHOTOS_OF_PAGE
    for group in groups:
        room -= min(len(group.photo_ids), _MAX_PHOTOS_OF_GROUP)
        if page and room < 0:
            break
        page.append(group)
    return page


def _hydrate(group: Group, photos: Mapping[str, StoredPhoto]) -> NearDuplicates | None:
    """Return the group with its current photos, None when fewer than two are left."""
    present = [photos[photo_id] for photo_id in group.photo_ids if photo_id in photos]
    if len(present) < 2:  # noqa: PLR2004
        return None
    keeper, why = choose_keeper([photo.fields() for photo in present])
    return NearDuplicates(group, present, keeper, why)
