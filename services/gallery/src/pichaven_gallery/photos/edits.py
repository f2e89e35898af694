"""What an owner did to a photo, kept apart from what files and models say of it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from pichaven_contracts.photo import Location, Tag
from pichaven_gallery.photos.errors import InvalidTag, TooManyTags

MOST_TAGS: Final = 100
"""Tags that an owner can give to one photo."""
_LONGEST_TAG: Final = 64
_MOST_REMOVED: Final = 500


class Unset(Enum):
    """The value of a field that nobody set; None is a value of its own: cleared."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Edits:
    """The owner's word on a photo. What is `UNSET` is left to the file and the models."""

    caption: str | Unset | None = UNSET
    taken_at: datetime | Unset = UNSET
    location: Location | Unset | None = UNSET
    rating: int | Unset | None = UNSET
    favorite: bool = False
    tags: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()
    """Folded names of tags that must not come back by themselves."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Changes that an owner asks for; what is `UNSET` stays as it is."""

    caption: str | Unset | None = UNSET
    taken_at: datetime | Unset | None = UNSET
    """None gives the time back to the file."""
    location: Location | Unset | None = UNSET
    rating: int | Unset | None = UNSET
    favorite: bool | Unset = UNSET
    tags_add: tuple[str, ...] = ()
    tags_remove: tuple[str, ...] = ()

    @property
    def nameless(self) -> Location | None:
        """The position asked for, if the owner gives no name with it."""
        place = self.location
        if not isinstance(place, Location) or place.city or place.region or place.country:
            return None
        return place


def clean_tag(text: str) -> str:
    """The tag as it is kept and shown. Raises `InvalidTag`."""
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if not 0 < len(name) <= _LONGEST_TAG or not name.isprintable():
        raise InvalidTag(f"A tag has 1 to {_LONGEST_TAG} printable characters.")
    return name


def fold_tag(text: str) -> str:
    """What makes two spellings one tag."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


def revised(edits: Edits, asked: Revision, shown: Iterable[Tag]) -> Edits:
    """The edits after a change to a photo that shows these tags. Raises `TooManyTags`.

    A tag taken away stays away, however often a model finds it again, until it is added.
    """
    made = edits
    if asked.caption is not UNSET:
        made = replace(made, caption=asked.caption)
    if asked.taken_at is not UNSET:
        made = replace(made, taken_at=UNSET if asked.taken_at is None else asked.taken_at)
    if asked.location is not UNSET:
        made = replace(made, location=asked.location)
    if asked.rating is not UNSET:
        made = replace(made, rating=asked.rating)
    if asked.favorite is not UNSET:
        made = replace(made, favorite=asked.favorite)
    return _with_tags(made, asked, {fold_tag(tag.name) for tag in shown})


def _with_tags(edits: Edits, asked: Revision, shown: set[str]) -> Edits:
    adding = {fold_tag(name): name for name in map(clean_tag, asked.tags_add)}
    removing = {fold_tag(name) for name in asked.tags_remove} - adding.keys()
    if not adding and not removing:
        return edits
    kept = {fold_tag(name): name for name in edits.tags if fold_tag(name) not in removing}
    kept |= {key: name for key, name in adding.items() if key not in kept}
    removed = (edits.removed | (removing & shown)) - adding.keys()
    if len(kept) > MOST_TAGS or len(removed) > _MOST_REMOVED:
        raise TooManyTags(f"A photo has at most {MOST_TAGS} tags of yours.")
    return replace(edits, tags=tuple(kept.values()), removed=frozenset(removed))


def merged_tags(edits: Edits, keywords: Iterable[str], seen: Iterable[Tag]) -> tuple[Tag, ...]:
    """The tags that a photo shows: the owner's, the file's, the model's; each name once."""
    found: dict[str, Tag] = {}
    for name in edits.tags:
        found.setdefault(fold_tag(name), Tag(name=name, source="user"))
    for name in keywords:
        key = fold_tag(name)
        if 0 < len(key) <= _LONGEST_TAG and key not in edits.removed:
            found.setdefault(key, Tag(name=name.strip(), source="user"))
    for tag in seen:
        key = fold_tag(tag.name)
        if key not in edits.removed:
            found.setdefault(key, Tag(name=tag.name, source="ai", confidence=tag.confidence))
    return tuple(found.values())
