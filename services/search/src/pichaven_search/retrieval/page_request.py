"""A page of a text query: what is searched for it, where its candidates are cut, where it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from pichaven_search.query_language.filters import NO_FILTERS
from pichaven_search.query_language.query import TextQuery
from pichaven_search.retrieval import relevance
from pichaven_search.retrieval.cursor import NO_HITS_CUTOFF, SearchCursor, SortKey
from pichaven_search.retrieval.fusion import Candidate
from pichaven_search.retrieval.model import (
    Candidates,
    LibraryStats,
    QueryEmbedding,
    SearchScope,
    VectorCandidate,
    VectorQuery,
)


@dataclass(frozen=True, slots=True)
class VectorSide:
    """The embedding of a query, and the library that its cosines are compared with."""

    embedding: QueryEmbedding
    library: LibraryStats


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`vector` is None where no photo can be a vector hit; without a `cursor` it is the first.

    `facets` are those to be counted with this page.
    """

    scope: SearchScope
    query: TextQuery
    cursor: SearchCursor | None
    limit: int
    geo_names: tuple[str, ...]
    vector: VectorSide | None
    facets: Sequence[str] = ()

    @property
    def lexical_after(self) -> SortKey | None:
        return self.cursor.lexical if self.cursor else None

    @property
    def _earlier_cutoff(self) -> float | None:
        return self.cursor.cutoff if self.cursor else None

    @property
    def _compared_photos(self) -> int:
        """Return how many photos chance chooses from.

        How many a filter leaves is unknown. Among fewer chance has fewer tries, so no more are
        assumed than those for which the model's threshold is right.
        """
        photos = self.vector.library.photos if self.vector else 0
        is_whole_library = self.scope.filters == NO_FILTERS and not self.geo_names
        return photos if is_whole_library else min(photos, relevance.USUAL_LIBRARY)

    def vector_query(self) -> VectorQuery | None:
        """Return the kNN query. On a first page it has all candidates that may pass the cutoff."""
        if self.vector is None:
            return None
        cutoff = self._earlier_cutoff
        return VectorQuery(
            self.vector.embedding.vector,
            relevance.least_cosine(self.vector.embedding.calibration, self._compared_photos)
            if cutoff is None
            else cutoff,
            self.vector.library.photos,
            self.geo_names,
        )

    def cutoff(self, candidates: Candidates) -> float:
        """Return the relevance cutoff of the pages before, or compute it from the candidates."""
        if self.vector is None:
            return NO_HITS_CUTOFF
        if self._earlier_cutoff is not None:
            return self._earlier_cutoff
        best = sorted((each.cosine for each in candidates.vector), reverse=True)
        return relevance.relevance_cutoff(
            self.vector.embedding.calibration,
            best[: relevance.BEST],
            relevance.cosines(self.vector.embedding.vector, self.vector.library.sample),
            self._compared_photos,
        )

    def vector_hits(self, candidates: Sequence[VectorCandidate], cutoff: float) -> list[Candidate]:
        """Return the candidates from the cutoff on, with their calibrated similarity."""
        if self.vector is None:
            return []
        probability = self.vector.embedding.calibration.probability
        return [
            Candidate(each.photo_id, each.taken_ms, each.lexical_score, probability(each.cosine))
            for each in candidates
            if each.cosine >= cutoff
        ]

    def after_cursor(self, vector_hits: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return the vector hits that were on no page before."""
        if self.cursor is None or self.cursor.vector is None:
            return vector_hits
        last = self.cursor.vector.ordering
        return [each for each in vector_hits if each.ordering > last]

    def next_cursor(
        self, page: Sequence[Candidate], cutoff: float, pit_id: str | None
    ) -> SearchCursor:
        """Return the end of the page in both lists; in one without hits on it, the end before."""
        cursor = self.cursor or SearchCursor()
        vector = [each.sort_key for each in page if each.visual_similarity is not None]
        lexical = [each.lexical_sort_key for each in page if each.visual_similarity is None]
        return SearchCursor(
            vector=vector[-1] if vector else cursor.vector,
            lexical=lexical[-1] if lexical else cursor.lexical,
            cutoff=cutoff,
            pit_id=pit_id,
            index=self.scope.index.name,
            geo_names=self.geo_names,
        )
