"""Searches, the candidates of their first stage, and their results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.ml_client.model import Calibration
from pichaven_search.query_language.filters import NO_FILTERS, Filters
from pichaven_search.query_language.geo_places import GeoPlace
from pichaven_search.query_language.query import TextQuery
from pichaven_search.retrieval.cursor import SearchCursor, SortKey
from pichaven_search.retrieval.fusion import Candidate
from pichaven_search.retrieval.relevance import Sample


@dataclass(frozen=True, slots=True)
class Search:
    """One page of a search; without a text query the newest photos come first.

    `facets` are counted on the first page.
    """

    audience: Audience
    query: TextQuery | None
    filters: Filters
    cursor: SearchCursor | None
    limit: int
    facets: Sequence[str] = ()

    @property
    def facets_to_count(self) -> Sequence[str]:
        return self.facets if self.cursor is None else ()


@dataclass(frozen=True, slots=True)
class SearchScope:
    """The photos of one index that a search reads: those of its audience that match its filters.

    With a point in time, as they were then.
    """

    index: Index
    audience: Audience
    filters: Filters = NO_FILTERS
    pit_id: str | None = None


@dataclass(frozen=True, slots=True)
class QueryEmbedding:
    """The vector of a query, and the calibration of its cosines."""

    vector: Sequence[float]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


Facets = Mapping[str, Sequence[FacetValue]]
"""By the names of schemas.py; `months` are the newest first, others the most frequent."""


@dataclass(frozen=True, slots=True)
class NewestPhotos:
    """A page of photos in order of time; `facets` where some were to be counted."""

    photos: Sequence[tuple[StoredPhoto, SortKey]]
    total: int
    has_more: bool
    facets: Facets | None


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """The number of a user's searchable photos, a random sample of their vectors, and the folded
    names of the most frequent geo places."""

    photos: int
    sample: Sample
    geo_names: frozenset[str]


class VectorCandidate(NamedTuple):
    """A photo near the query embedding; `lexical_score` is 0 where not all words occur."""

    photo_id: str
    taken_ms: int
    lexical_score: float
    cosine: float


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """A kNN query for photos of at least `min_cosine`.

    `library_size`, about the number of photos, determines how many the graph walk visits. With
    `geo_names`, only photos are searched that were taken in, or mention, each of these places.
    """

    vector: Sequence[float]
    min_cosine: float
    library_size: int
    geo_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of both sides. A photo may be in both lists.

    `lexical_total` counts all lexical hits; `is_lexical_complete` where `lexical` has all of
    them from the cursor on.
    """

    vector: Sequence[VectorCandidate]
    lexical: Sequence[Candidate]
    lexical_total: int
    is_lexical_complete: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo among the results, its score, and why it is there."""

    photo: StoredPhoto
    score: float
    matched_fields: Sequence[str] = ()
    """The text fields in which words of the query occur."""
    visual_similarity: float | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page of hits. `facets` are those requested, on the first page only; `degraded` names
    absent sides."""

    hits: Sequence[Hit]
    facets: Facets | None
    total: int
    model: str
    degraded: Sequence[str] = ()
    next_cursor: SearchCursor | None = None
    geo_places: Sequence[GeoPlace] = ()
    """The parts of the query that were taken for geo places."""
    took_ms: int = 0
