"""The best photos of a question: by sight and by words in one request, then what is shown of them.

Every search is filtered by the owner, also where a snapshot's id comes from a client.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import NEWEST_FIRST, cosine, nearest, visible
from pichaven_search.index.client import gone
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import KEPT, Answer, Body, ElasticAsking
from pichaven_search.index.stored_photo import asked_photo, photo_of
from pichaven_search.index.text_fields import Clause, phrase
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.query import Question
from pichaven_search.retrieval.cursor import Place
from pichaven_search.retrieval.facets import counting, facets, facets_of
from pichaven_search.retrieval.fusion import Candidate
from pichaven_search.retrieval.lexical import place_matches, text_match
from pichaven_search.retrieval.model import Facets, Library, Look, Proposed, Reading, Seen
from pichaven_search.settings import SearchSettings

_ONLY_SORTED: Final[Body] = {"_source": False, "stored_fields": "_none_"}
"""The sort values hold all that a candidate is."""
_OVERLAP: Final = 50
"""So many more by words are asked for, since some of them are also seen."""
_SAMPLE: Final = 200
_SAMPLE_SEED: Final = 7
_MOST_PLACES: Final = 2_000
_SHOWN_PLACES: Final = {"tags_ai": "tags"}


class ElasticRanking:
    """The best photos of a question, of one owner in one index.

    With a snapshot, what it holds is read, whatever was written since; raises `SnapshotGone`.
    """

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._ask = ElasticAsking(client)
        self._settings = settings

    async def snapshot(self, index: Index, owner_id: str) -> str:
        """The index as it is now, for some minutes after each use."""
        try:
            opened = await self._client.open_point_in_time(
                index=index.name, routing=owner_id, keep_alive=KEPT
            )
        except NotFoundError as error:
            raise gone(error, index.name) from error
        return str(opened["id"])

    async def library(self, index: Index, owner_id: str) -> Library:
        answer = await self._ask.one(
            index,
            owner_id,
            {
                "query": {
                    "function_score": {
                        "query": {"bool": {"filter": visible(Audience(owner_id))}},
                        "random_score": {"seed": _SAMPLE_SEED, "field": "_seq_no"},
                        "boost_mode": "replace",
                    }
                },
                "size": _SAMPLE,
                "_source": ["embedding"],
                "track_total_hits": True,
                "aggs": {"places": {"terms": {"field": "places_folded", "size": _MOST_PLACES}}},
            },
        )
        vectors = [
            vector for hit in answer["hits"]["hits"] if (vector := hit["_source"].get("embedding"))
        ]
        return Library(
            int(answer["hits"]["total"]["value"]),
            np.asarray(vectors, np.float16).reshape(len(vectors), index.dimensions),
            frozenset(each["key"] for each in answer["aggregations"]["places"]["buckets"]),
        )

    async def proposed(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        look: Look | None,
        filters: Filters,
        *,
        after: Place | None,
        limit: int,
        snapshot: str | None,
    ) -> Proposed:
        """The nearest photos, a bounded number in any order; and at least the next `limit` by
        words, by score, then time, then id."""
        allowed = visible(Audience(owner_id), filters)
        bodies = [self._seen(question, look, allowed)] if look else []
        if question.words:
            bodies.append(_named(question, allowed, after, limit + _OVERLAP))
        answers = await self._ask.all(
            index, owner_id, bodies, snapshot=snapshot, named_scores=look is not None
        )
        seen = [_seen_of(hit) for hit in answers.pop(0)["hits"]["hits"]] if look else []
        if not answers:
            return Proposed(seen, (), 0, whole=True)
        named, total = _candidates(answers[0])
        return Proposed(seen, named, total, whole=len(named) < limit + _OVERLAP)

    async def named(
        self,
        index: Index,
        owner_id: str,
        question: Question,
        filters: Filters,
        *,
        without: Collection[str],
        after: Place | None,
        limit: int,
        snapshot: str | None,
    ) -> Sequence[Candidate]:
        """The next photos by words, those in `without` left out."""
        allowed = visible(Audience(owner_id), filters)
        body = _named(question, allowed, after, limit, without)
        return _candidates(await self._ask.one(index, owner_id, body, snapshot=snapshot))[0]

    async def shown(
        self,
        index: Index,
        owner_id: str,
        page: Sequence[Candidate],
        question: Question,
        snapshot: str | None,
        *,
        counted: Collection[str] | None,
        filters: Filters,
        partly: bool,
    ) -> tuple[Mapping[str, Reading], Facets | None]:
        """The page's photos by id; facets of those found by words and of `counted`, unless None.

        A reading names the places where the question's words stand in a photo in which all of
        them do, with `partly` also in others.
        """
        bodies = [_read(index, owner_id, page, question, partly=partly)] if page else []
        matching = [text_match(question.words)] if question.words else []
        if counted:
            matching.append({"terms": {"id": sorted(counted)}})
        if counted is not None and matching:
            union = {"should": matching, "minimum_should_match": 1}
            allowed = visible(Audience(owner_id), filters)
            bodies.append(counting({"bool": {"filter": allowed} | union}))
        answers = await self._ask.all(index, owner_id, bodies, snapshot=snapshot)
        hits = answers.pop(0)["hits"]["hits"] if page else []
        whole = {each.photo_id for each in page if each.text}
        readings: dict[str, Reading] = {}
        for hit in hits:
            photo = photo_of(hit)
            told = partly or photo.photo_id in whole
            places = _places(hit.get("matched_queries", [])) if told else ()
            readings[photo.photo_id] = Reading(photo, places)
        if counted is None:
            return readings, None
        nothing: Facets = {name: [] for name in facets()}
        return readings, facets_of(answers[0]) if answers else nothing

    def _seen(self, question: Question, look: Look, allowed: list[Clause]) -> Body:
        count = self._settings.visual_candidates
        knn = nearest(look.vector, [*allowed, *map(_is_of, look.names)], count, look.among)
        named = [text_match(question.words)] if question.words else []
        return {
            "query": {
                "bool": {
                    "must": {"knn": knn | {"similarity": look.floor}},
                    "should": named,
                }
            },
            "sort": NEWEST_FIRST,
            # The sum of both sides; to have Elasticsearch tell both takes it half as long again.
            "track_scores": True,
            "size": count,
            **_ONLY_SORTED,
            "track_total_hits": False,
        }


def _is_of(name: str) -> Clause:
    """Taken in a place of that name, or the name stands somewhere."""
    taken: Clause = {"term": {"places_folded": name}}
    return {"bool": {"should": [taken, phrase(name.split())]}}


def _named(
    question: Question,
    allowed: list[Clause],
    after: Place | None,
    size: int,
    without: Collection[str] = (),
) -> Body:
    asked: dict[str, Any] = {"filter": allowed, "must": [text_match(question.words)]}
    if without:
        asked["must_not"] = [{"terms": {"id": sorted(without)}}]
    body: Body = {
        "query": {"bool": asked},
        "sort": [{"_score": "desc"}, *NEWEST_FIRST],
        "size": size,
        **_ONLY_SORTED,
        "track_total_hits": True,
    }
    if after:
        body["search_after"] = [after.score, after.taken_ms, after.photo_id]
    return body


def _read(
    index: Index, owner_id: str, page: Sequence[Candidate], question: Question, *, partly: bool
) -> Body:
    ids = {"terms": {"id": [each.photo_id for each in page]}}
    least = min((each.text for each in page if each.text), default=1.0 if partly else None)
    places = [] if least is None else place_matches(question.words, least)
    return {
        "query": {"bool": {"filter": [*visible(Audience(owner_id)), ids], "should": places}},
        "size": len(page),
        **asked_photo(index),
        "track_total_hits": False,
    }


def _seen_of(hit: Answer) -> Seen:
    text = hit.get("matched_queries", {}).get("text", 0.0)
    return Seen(
        photo_id=hit["sort"][1],
        taken_ms=hit["sort"][0],
        text=text,
        cosine=cosine(hit["_score"] - text),
    )


def _candidates(answer: Answer) -> tuple[list[Candidate], int]:
    hits = answer["hits"]
    found = [
        Candidate(hit["sort"][2], hit["sort"][1], hit["sort"][0], None) for hit in hits["hits"]
    ]
    return found, int(hits["total"]["value"])


def _places(names: Collection[str]) -> list[str]:
    return list(dict.fromkeys(_SHOWN_PLACES.get(name, name) for name in names))
