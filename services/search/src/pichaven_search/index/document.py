"""The document of a photo: one part each of the library, the embedding and the text.

The parts come from different topics in any order. Each has its own guard: the library's `version`,
the others' `revision` and time. A part replaces only an older one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, TypeVar

from pichaven_contracts.photo import Location, PhotoChanged, PhotoEmbedded, PhotoTextRead
from pichaven_search.colours import colour_fields
from pichaven_search.index import stored_photo
from pichaven_search.index.completion_entries import to_entries, to_file_entries
from pichaven_search.index.cover import pack_cover, to_cover
from pichaven_search.index.model import Index
from pichaven_search.query_language.words import Word, fold_name, name_words, words

SCHEMA: Final = 5
"""The version of the mapping and of how text becomes words; a change needs a rebuild."""

_MAX_WORDS: Final = 2_000
_PUBLIC_FIELDS: Final = (
    *("owner_id", "status", "filename", "content_type", "size", "sha256", "width", "height"),
    *("taken_at", "taken_at_local", "taken_at_offset", "taken_at_source"),
    *("created_at", "favorite", "hidden", "title", "caption", "rating", "tags", "exif"),
    *("location", "blurhash", "variants", "original_key", "sidecar_key", "version"),
)

Age = tuple[int, datetime]
"""Revision and time of an embedding or a text; the greater is the newer."""
A = TypeVar("A", PhotoEmbedded, PhotoTextRead)


@dataclass(frozen=True, slots=True)
class IndexedState:
    """The guards of a document's parts, and the document's position to write against."""

    version: int
    embedding: Age | None
    text: Age | None
    seq_no: int
    primary_term: int


@dataclass(frozen=True, slots=True)
class Write:
    """New fields of a photo; applied only if its document is still in the state that was read."""

    photo_id: str
    owner_id: str
    fields: Mapping[str, Any]
    state: IndexedState | None
    """None where the index has no document of the photo."""


@dataclass(frozen=True, slots=True)
class Change:
    """The newest events of one photo in a batch."""

    photo_id: str
    owner_id: str
    library: PhotoChanged | None = None
    embeddings: tuple[PhotoEmbedded, ...] = ()
    """The newest of each model."""
    text: PhotoTextRead | None = None

    def with_event(self, event: PhotoChanged | PhotoEmbedded | PhotoTextRead) -> "Change":
        """Return the change with an event added; an older one than is there changes nothing."""
        match event:
            case PhotoChanged():
                is_newer = self.library is None or event.version >= self.library.version
                return replace(self, library=event) if is_newer else self
            case PhotoTextRead():
                return replace(self, text=_newest(self.text, event))
            case PhotoEmbedded():
                newest = {each.model: each for each in self.embeddings}
                newest[event.model] = _newest(newest.get(event.model), event)
                return replace(self, embeddings=tuple(newest.values()))

    def new_fields(self, state: IndexedState | None, index: Index) -> dict[str, Any] | None:
        """Return the fields to write to an index; None where it has all that is new."""
        if index.schema != SCHEMA:
            return self._withdrawal(state)
        fields: dict[str, Any] = {}
        if self.library is not None and self.library.version > (state.version if state else 0):
            fields |= library_fields(self.library)
        for event in self.embeddings:
            is_comparable = event.model == index.model and len(event.embedding) == index.dimensions
            if is_comparable and _is_newer(event, state.embedding if state else None):
                fields |= embedding_fields(event)
        if self.text is not None and _is_newer(self.text, state.text if state else None):
            fields |= recognised_text_fields(self.text)
        if not fields:
            return None
        return {"id": self.photo_id, "owner_id": self.owner_id} | fields

    def _withdrawal(self, state: IndexedState | None) -> dict[str, Any] | None:
        """Return what hides the photo in an index of another schema; None if it may be found."""
        if state is None or self.library is None or self.library.version <= state.version:
            return None
        return None if is_searchable(self.library) else {"searchable": False}


def _age(event: PhotoEmbedded | PhotoTextRead) -> Age:
    moment = event.occurred_at
    return event.revision, moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _newest(newest: A | None, event: A) -> A:
    return event if newest is None or _age(event) > _age(newest) else newest


def _is_newer(event: PhotoEmbedded | PhotoTextRead, indexed: Age | None) -> bool:
    return indexed is None or _age(event) > indexed


def is_searchable(event: PhotoChanged) -> bool:
    return event.status == "ready" and not event.trashed and not event.hidden


def library_fields(event: PhotoChanged) -> dict[str, Any]:
    """Return the fields of the library's part; always the same keys, so that none is left over."""
    place = event.location
    texts = {
        "caption": _words_of(dict.fromkeys((event.title, event.caption))),
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
        # One value for each text, so that no phrase begins in one and ends in the next.
        "words": {name: list(map(_join_terms, values)) for name, values in texts.items()}
        | {"all": [_join_terms(value) for values in texts.values() for value in values]},
        "stems": {name: _stems(chain.from_iterable(values)) for name, values in texts.items()},
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
        "places_folded": _geo_place_names(place),
        "phash": event.phash,
        **colour_fields(event.palette),
        "taken_at": event.taken_at.isoformat(),
        "taken_at_local": event.wall_time.isoformat(),
        "created_at": event.created_at.isoformat(),
        "month": event.wall_time.isoformat()[:7],
        "favorite": event.favorite,
        "rating": event.rating,
        "location": {"lat": place.lat, "lon": place.lon} if place else None,
        "cover": pack_cover(to_cover(event)),
        "completions": to_entries(event),
        "file_completions": to_file_entries(event),
        "photo": stored_photo.pack(public_photo(event)),
    }


def orientation(width: int | None, height: int | None) -> str | None:
    """Return `landscape`, `portrait` or `square` (sides within 5 %); None for unknown sizes."""
    if not width or not height:
        return None
    if max(width, height) <= min(width, height) * 1.05:
        return "square"
    return "landscape" if width > height else "portrait"


def _geo_place_names(place: Location | None) -> list[str]:
    names = (place.city, place.region, place.country) if place else ()
    return [folded_name for name in names if name and (folded_name := fold_name(name))]


def embedding_fields(event: PhotoEmbedded) -> dict[str, Any]:
    revision, at = _age(event)
    return {
        "embedding": list(event.embedding),
        "embedding_revision": revision,
        "embedding_at": at.isoformat(),
    }


def recognised_text_fields(event: PhotoTextRead) -> dict[str, Any]:
    """Return the fields of the text in the picture, empty where none could be read."""
    revision, at = _age(event)
    text_words = words(event.text or "")
    return {
        "words_seen": _join_terms(text_words),
        "stems_seen": _stems(text_words),
        "text_revision": revision,
        "text_at": at.isoformat(),
    }


def public_photo(event: PhotoChanged) -> dict[str, Any]:
    """Return the photo as clients get it, with storage keys in place of URLs."""
    wall_time = {"taken_at_local": event.wall_time}
    plain = event.model_copy(update=wall_time).model_dump(mode="json")
    colours = [colour["hex"] for colour in plain["palette"]]
    return (
        {"id": event.photo_id}
        | {name: plain[name] for name in _PUBLIC_FIELDS}
        | {"colors": colours}
    )


def _words_of(texts: Iterable[str | None]) -> list[list[Word]]:
    """Return the words of each text that has any."""
    return [text_words for text in texts if (text_words := words(text or ""))]


def _join_terms(text_words: list[Word]) -> str:
    return " ".join(word.term for word in text_words[:_MAX_WORDS])


def _stems(text_words: Iterable[Word]) -> str:
    first_words = islice(text_words, _MAX_WORDS)
    return " ".join(sorted({stem for word in first_words for stem in word.stems}))
