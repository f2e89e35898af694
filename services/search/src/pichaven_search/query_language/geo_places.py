"""Geo places of the user's photos among the free words of a query.

`lighthouse lisbon` asks for a subject and for a place: to a vision model "lisbon" is noise. Where
the user has photos of a place of exactly that name, the vector side searches only photos in which
the name occurs, for the rest of the text. The lexical side still requires all words, so a
caption with that word matches as well.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from pichaven_search.query_language.query import TextSpan
from pichaven_search.query_language.words import fold_name, has_content_words

_MIN_NAME_LENGTH: Final = 3
_MAX_NAME_LENGTH: Final = 64
_MAX_NAME_WORDS: Final = 5
MAX_GEO_PLACES: Final = 4
"""Names beyond these are plain words."""


@dataclass(frozen=True, slots=True)
class GeoPlace:
    """A folded name, and its `[start, end)` in the query as typed."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GeoScope:
    """The geo places that a query names, and the rest of its text."""

    places: tuple[GeoPlace, ...]
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.name for place in self.places))


def find_geo_scope(spans: Sequence[TextSpan], names: Collection[str]) -> GeoScope | None:
    """Return the places of `names` that the text names; None where it has none, or nothing else."""
    places: list[GeoPlace] = []
    rest: list[str] = []
    at = 0
    while at < len(spans):
        end = _name_end(spans, at, names) if len(places) < MAX_GEO_PLACES else None
        if end is None:
            if spans[at].text:
                rest.append(spans[at].text)
            at += 1
            continue
        # The `in` of `in Lisbon` belongs to the name.
        while rest and not has_content_words(rest[-1]):
            rest.pop()
        places.append(GeoPlace(_folded_name(spans[at:end]), spans[at].start, spans[end - 1].end))
        at = end
    text = " ".join(rest)
    return GeoScope(tuple(places), text) if places and has_content_words(text) else None


def _name_end(spans: Sequence[TextSpan], start: int, names: Collection[str]) -> int | None:
    """Return the end of the longest name that begins at `start`."""
    for end in range(min(len(spans), start + _MAX_NAME_WORDS), start, -1):
        candidate = spans[start:end]
        name = _folded_name(candidate)
        if (
            all(span.is_free and fold_name(span.text) for span in candidate)
            and name in names
            and _MIN_NAME_LENGTH <= len(name) <= _MAX_NAME_LENGTH
            and has_content_words(name)
        ):
            return end
    return None


def _folded_name(spans: Sequence[TextSpan]) -> str:
    return fold_name(" ".join(span.text for span in spans))
