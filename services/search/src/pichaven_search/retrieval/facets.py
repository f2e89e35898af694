"""Facets of an answer of Elasticsearch."""

from collections.abc import Mapping
from typing import Any

from pichaven_search.index.msearch import Body
from pichaven_search.ports import Facets, FacetValue
from pichaven_search.retrieval import lexical as queries


def counting(query: queries.Clause) -> Body:
    """A search for facets alone. Elasticsearch remembers answers without hits."""
    return {"query": query, "size": 0, "aggs": queries.facets(), "track_total_hits": False}


def facets_of(answer: Mapping[str, Any]) -> Facets:
    return {
        name: [FacetValue(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]
        for name, found in answer["aggregations"].items()
    }
