"""Places of an owner's photos among the free words of a query.

`lighthouse lisbon` asks for what is seen and for where it was: to the eye of a model "lisbon" is
noise. Where the owner has photos of a place of just that name, the visual side looks among
photos in which the name stands, for the rest. Words are looked up as they are, all of them, so a
caption with that word is found as before.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from pichaven_search.query_language.query import Piece
from pichaven_search.query_language.words import fold_name, tells_something

_SHORTEST: Final = 3
_LONGEST: Final = 64
"""Characters of a name."""
_MOST_WORDS: Final = 5
MOST_PLACES: Final = 4
"""Further names are words."""


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A folded name, and `[start, end)` in the query as it was given."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The places, and the text that is looked for among photos of all of them."""

    places: tuple[NamedPlace, ...]
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.name for place in self.places))


def narrowed(pieces: Sequence[Piece], names: Collection[str]) -> Narrowed | None:
    """None where no place is named, or nothing but places."""
    found: list[NamedPlace] = []
    rest: list[str] = []
    at = 0
    while at < len(pieces):
        end = _name_at(pieces, at, names) if len(found) < MOST_PLACES else None
        if end is None:
            if pieces[at].text:
                rest.append(pieces[at].text)
            at += 1
            continue
        # The `in` of `in Lisbon` belongs to the name.
        while rest and not tells_something(rest[-1]):
            rest.pop()
        name = _folded(pieces[at:end])
        found.append(NamedPlace(name, pieces[at].start, pieces[end - 1].end))
        at = end
    text = " ".join(rest)
    return Narrowed(tuple(found), text) if found and tells_something(text) else None


def _name_at(pieces: Sequence[Piece], start: int, names: Collection[str]) -> int | None:
    """Where the longest name that begins here ends."""
    for end in range(min(len(pieces), start + _MOST_WORDS), start, -1):
        span = pieces[start:end]
        folded = _folded(span)
        if (
            all(piece.is_free and fold_name(piece.text) for piece in span)
            and folded in names
            and _SHORTEST <= len(folded) <= _LONGEST
            and tells_something(folded)
        ):
            return end
    return None


def _folded(pieces: Sequence[Piece]) -> str:
    return fold_name(" ".join(piece.text for piece in pieces))
