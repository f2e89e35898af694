"""The owner's edits of a photo, kept apart from the facts of files and models."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from pichaven_chassis.display_text import clean_line
from pichaven_contracts.photo import Location, Tag
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.errors import InvalidTag, TooManyTags

MAX_TAGS: Final = 100
"""Tags that an owner can give to one photo."""
_MAX_TAG_LENGTH: Final = 64
_MAX_REMOVED: Final = 500


class Unset(Enum):
    """The value of a field without an edit; None is an edit of its own: cleared."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class OwnTime:
    """The wall time that an owner gave a photo, without a zone, and its offset if they gave one."""

    local: datetime
    offset: int | None = None
    """Minutes east of UTC."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Values that override those of the file and the models, unless `UNSET`."""

    caption: str | Unset | None = UNSET
    taken_at: OwnTime | datetime | Unset = UNSET
    """An instant is an edit that was made before edits had wall times."""
    location: Location | Unset | None = UNSET
    rating: int | Unset | None = UNSET
    favorite: bool = False
    tags: tuple[str, ...] = ()
    removed_tags: frozenset[str] = frozenset()
    """Folded names of tags that must not come back by themselves."""


@dataclass(frozen=True, slots=True)
class EditPatch:
    """Changes to edits; `UNSET` leaves a field as it is."""

    caption: str | Unset | None = UNSET
    taken_at: OwnTime | Unset | None = UNSET
    """None drops the edit, so the file's time counts again."""
    location: Location | Unset | None = UNSET
    rating: int | Unset | None = UNSET
    favorite: bool | Unset = UNSET
    tags_add: tuple[str, ...] = ()
    tags_remove: tuple[str, ...] = ()

    @property
    def unnamed_location(self) -> Location | None:
        """The new location, if it comes without city, region and country."""
        location = self.location
        if not isinstance(location, Location):
            return None
        return None if location.city or location.region or location.country else location


def clean_tag(text: str) -> str:
    """Return the tag as it is stored and displayed. Raises `InvalidTag`."""
    name = clean_line(text)
    if not 0 < len(name) <= _MAX_TAG_LENGTH:
        raise InvalidTag(f"A tag has 1 to {_MAX_TAG_LENGTH} visible characters.")
    return name


def fold_tag(text: str) -> str:
    """Return the key that is equal for all spellings of one tag."""
    return clean_line(unicodedata.normalize("NFKC", text)).casefold()


def apply_patch(edits: Edits, patch: EditPatch, current_tags: Iterable[Tag]) -> Edits:
    """Return the edits of a photo with these current tags after a patch. Raises `TooManyTags`.

    A removed tag stays away, however often a model predicts it, until it is added again.
    """
    after = edits
    if patch.caption is not UNSET:
        after = replace(after, caption=patch.caption)
    if patch.taken_at is not UNSET:
        after = replace(after, taken_at=UNSET if patch.taken_at is None else patch.taken_at)
    if patch.location is not UNSET:
        after = replace(after, location=patch.location)
    if patch.rating is not UNSET:
        after = replace(after, rating=patch.rating)
    if patch.favorite is not UNSET:
        after = replace(after, favorite=patch.favorite)
    return _patch_tags(after, patch, {fold_tag(tag.name) for tag in current_tags})


def _patch_tags(edits: Edits, patch: EditPatch, current_keys: set[str]) -> Edits:
    adding = {fold_tag(name): name for name in map(clean_tag, patch.tags_add)}
    removing = {fold_tag(name) for name in patch.tags_remove} - adding.keys()
    if not adding and not removing:
        return edits
    tags = {fold_tag(name): name for name in edits.tags if fold_tag(name) not in removing}
    tags |= {key: name for key, name in adding.items() if key not in tags}
    removed = (edits.removed_tags | (removing & current_keys)) - adding.keys()
    if len(tags) > MAX_TAGS or len(removed) > _MAX_REMOVED:
        raise TooManyTags(f"A photo has at most {MAX_TAGS} tags of yours.")
    return replace(edits, tags=tuple(tags.values()), removed_tags=frozenset(removed))


def action_of_edit(before: Edits, after: Edits) -> ChangeAction:
    """Return what the edit did: the one thing that differs, or `EDITED`."""
    if replace(before, favorite=after.favorite) == after:
        return ChangeAction.FAVORITED if after.favorite else ChangeAction.UNFAVORITED
    if replace(before, tags=after.tags, removed_tags=after.removed_tags) == after:
        return ChangeAction.TAGGED
    return ChangeAction.EDITED


def merge_tags(edits: Edits, keywords: Iterable[str], predicted: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return a photo's tags, each name once: the owner's, the file's keywords, the model's."""
    tags: dict[str, Tag] = {}
    for name in edits.tags:
        tags.setdefault(fold_tag(name), Tag(name=name, source="user"))
    for name in keywords:
        key = fold_tag(name)
        if 0 < len(key) <= _MAX_TAG_LENGTH and key not in edits.removed_tags:
            tags.setdefault(key, Tag(name=clean_line(name), source="user"))
    for tag in predicted:
        key = fold_tag(tag.name)
        if key not in edits.removed_tags:
            tags.setdefault(key, Tag(name=tag.name, source="ai", confidence=tag.confidence))
    return tuple(tags.values())
