"""A search, and what retrieval finds for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.ml_client.model import (
    Calibration,
)
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.geo_places import NamedPlace
from pichaven_search.query_language.query import Question
from pichaven_search.retrieval.cursor import Bookmark, Place
from pichaven_search.retrieval.fusion import Candidate
from pichaven_search.retrieval.relevance import Sample


@dataclass(frozen=True, slots=True)
class Search:
    """One page of one owner's search; without a question the newest photos come first."""

    owner_id: str
    question: Question | None
    filters: Filters
    after: Bookmark | None
    limit: int


@dataclass(frozen=True, slots=True)
class Sight:
    """A question as a vector of one model, and the cosine below which nothing is an answer."""

    vector: Sequence[float]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


Facets = Mapping[str, Sequence[FacetValue]]
"""`tags`, `cameras`, `months` (newest first), `types`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of photos in order of time."""

    photos: Sequence[tuple[StoredPhoto, Place]]
    total: int
    more: bool
    facets: Facets | None


@dataclass(frozen=True, slots=True)
class Library:
    """How many photos an owner can find, vectors of some of them, drawn at random, and the folded
    names of the places where most were taken."""

    photos: int
    sample: Sample
    places: frozenset[str]


class Seen(NamedTuple):
    """A photo that is near the question's vector; `text` is what its words score."""

    photo_id: str
    taken_ms: int
    text: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Look:
    """A question as a vector, and the cosine below which a photo is not looked at.

    `among` is about how many photos the library has: of more, more are looked at. Only photos
    are looked at that were taken in a place of each of the `names`, or in which it stands.
    """

    vector: Sequence[float]
    floor: float
    among: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What sight and words propose. A photo may be in both lists.

    `named_total` counts all that words find; `whole` says that `named` holds all of them that
    were left.
    """

    seen: Sequence[Seen]
    named: Sequence[Candidate]
    named_total: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A photo as stored, and the places where the question's words stand in it."""

    photo: StoredPhoto
    places: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo with the reasons why it is here."""

    photo: StoredPhoto
    score: float
    places: Sequence[str] = ()
    visual: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`facets` only on the first page; `degraded` names what could not take part."""

    hits: Sequence[Hit]
    facets: Facets | None
    total: int
    took_ms: int
    model: str
    degraded: Sequence[str] = field(default=())
    following: Bookmark | None = None
    places: Sequence[NamedPlace] = ()
    """What of the question was taken for places."""
