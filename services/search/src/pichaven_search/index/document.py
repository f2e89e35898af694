"""What the index holds of a photo: one part from the library, one from the analysis.

The two come from different topics in any order, each with a guard of its own: the library's
`version`, the analysis' `revision` and time. A part only ever replaces an older one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from pichaven_contracts.photo import Location, PhotoAnalyzed, PhotoChanged
from pichaven_search.colours import colour_fields
from pichaven_search.index import stored_photo
from pichaven_search.index.completion_entries import entries, file_entries
from pichaven_search.index.cover import cover_of, packed
from pichaven_search.query_language.words import Word, fold_name, name_words, words

SCHEMA: Final = 3
"""Raised whenever the mapping, or what the words of a text become, changes: rebuild then."""

_MOST_WORDS: Final = 2_000
_PUBLIC: Final = (
    *("owner_id", "status", "filename", "content_type", "size", "sha256", "width", "height"),
    *("taken_at", "created_at", "favorite", "hidden", "caption", "rating", "tags", "exif"),
    *("location", "blurhash", "variants", "original_key", "version"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """What an index has of a photo, and the point in its history to write against."""

    version: int
    analysis: tuple[int, datetime] | None
    seq_no: int
    primary_term: int


@dataclass(frozen=True, slots=True)
class Write:
    """New fields of a photo; applied only if the index still holds what was read."""

    photo_id: str
    owner_id: str
    fields: Mapping[str, Any]
    held: Held | None


@dataclass(frozen=True, slots=True)
class Change:
    """The newest that a batch tells of one photo."""

    photo_id: str
    owner_id: str
    library: PhotoChanged | None = None
    analyses: tuple[PhotoAnalyzed, ...] = ()
    """The newest of each model."""

    def with_library(self, event: PhotoChanged) -> "Change":
        newer = self.library is None or event.version >= self.library.version
        return Change(self.photo_id, self.owner_id, event if newer else self.library, self.analyses)

    def with_analysis(self, event: PhotoAnalyzed) -> "Change":
        others = tuple(each for each in self.analyses if each.model != event.model)
        same = [each for each in self.analyses if each.model == event.model]
        newest = max([*same, event], key=_age)
        return Change(self.photo_id, self.owner_id, self.library, (*others, newest))

    def hiding(self, held: Held | None) -> dict[str, Any] | None:
        """What takes the photo out of sight, in an index whose fields are others; None when it
        need not go."""
        if held is None or self.library is None or self.library.version <= held.version:
            return None
        return None if is_searchable(self.library) else {"searchable": False}

    def against(self, held: Held | None, model: str, dimensions: int) -> dict[str, Any] | None:
        """The fields that an index of this model is to get; None when it has all that is new."""
        fields: dict[str, Any] = {}
        if self.library is not None and self.library.version > (held.version if held else 0):
            fields |= library_fields(self.library)
        known = held.analysis if held else None
        for analysis in self.analyses:
            fits = analysis.model == model and len(analysis.embedding) == dimensions
            if fits and (known is None or _age(analysis) > known):
                fields |= analysis_fields(analysis)
        if not fields:
            return None
        return {"id": self.photo_id, "owner_id": self.owner_id} | fields


def _age(event: PhotoAnalyzed) -> tuple[int, datetime]:
    moment = event.occurred_at
    return event.revision, moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def is_searchable(event: PhotoChanged) -> bool:
    return event.status == "ready" and not event.trashed and not event.hidden


def library_fields(event: PhotoChanged) -> dict[str, Any]:
    """The fields from the library's state. Every key is always there, so none outlives it."""
    place = event.location
    texts = {
        "caption": _words_of((event.caption,)),
        "tags": _words_of(tag.name for tag in event.tags if tag.source == "user"),
        "tags_ai": _words_of(tag.name for tag in event.tags if tag.source == "ai"),
        "filename": [name_words(event.filename)],
        "camera": _words_of((event.exif.camera, event.exif.lens)),
        "place": _words_of((place.city, place.region, place.country) if place else ()),
    }
    tag_names = list(dict.fromkeys(tag.name for tag in event.tags))
    return {
        "version": event.version,
        "searchable": is_searchable(event),
        # Values of their own, so that no phrase begins in one and ends in the next.
        "words": {name: list(map(_folded, found)) for name, found in texts.items()}
        | {"all": [_folded(value) for found in texts.values() for value in found]},
        "stems": {name: _stems(chain.from_iterable(found)) for name, found in texts.items()},
        "tags": tag_names,
        "tags_folded": [fold_name(name) for name in tag_names],
        "camera": event.exif.camera,
        "camera_folded": fold_name(event.exif.camera or "") or None,
        "lens_folded": fold_name(event.exif.lens or "") or None,
        "content_type": event.content_type,
        "orientation": orientation(event.width, event.height),
        "city": place.city if place else None,
        "region": place.region if place else None,
        "country": place.country if place else None,
        "places_folded": _places_folded(place),
        "phash": event.phash,
        **colour_fields(event.palette),
        "taken_at": event.taken_at.isoformat(),
        "created_at": event.created_at.isoformat(),
        "month": f"{event.taken_at:%Y-%m}",
        "favorite": event.favorite,
        "rating": event.rating,
        "location": {"lat": place.lat, "lon": place.lon} if place else None,
        "cover": packed(cover_of(event)),
        "completions": entries(event),
        "file_completions": file_entries(event),
        "photo": stored_photo.packed(public_photo(event)),
    }


def orientation(width: int | None, height: int | None) -> str | None:
    """`landscape`, `portrait` or `square` (sides within 5 %); None while sizes are unknown."""
    if not width or not height:
        return None
    if max(width, height) <= min(width, height) * 1.05:
        return "square"
    return "landscape" if width > height else "portrait"


def _places_folded(place: Location | None) -> list[str]:
    names = (place.city, place.region, place.country) if place else ()
    return [folded for name in names if name and (folded := fold_name(name))]


def analysis_fields(event: PhotoAnalyzed) -> dict[str, Any]:
    """The fields from the analysis, OCR's words among them."""
    revision, at = _age(event)
    written = words(event.text or "")
    return {
        "words_seen": _folded(written),
        "stems_seen": _stems(written),
        "analysis_revision": revision,
        "analysis_at": at.isoformat(),
        "embedding": list(event.embedding),
    }


def public_photo(event: PhotoChanged) -> dict[str, Any]:
    """The photo as clients see it, with storage keys where URLs will stand."""
    plain = event.model_dump(mode="json")
    colours = [colour["hex"] for colour in plain["palette"]]
    return {"id": event.photo_id} | {name: plain[name] for name in _PUBLIC} | {"colors": colours}


def _words_of(texts: Iterable[str | None]) -> list[list[Word]]:
    """The words of each text that has any."""
    return [found for text in texts if (found := words(text or ""))]


def _folded(found: list[Word]) -> str:
    return " ".join(word.folded for word in found[:_MOST_WORDS])


def _stems(found: Iterable[Word]) -> str:
    return " ".join(sorted({stem for word in islice(found, _MOST_WORDS) for stem in word.stems}))
