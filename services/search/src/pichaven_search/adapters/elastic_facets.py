"""Facets of an answer of Elasticsearch."""

from collections.abc import Mapping
from typing import Any

from pichaven_search.adapters import elastic_queries as queries
from pichaven_search.adapters.elastic_asking import Body
from pichaven_search.application.ports import Facets, FacetValue


def counting(query: queries.Clause) -> Body:
    """A search for facets alone. Elasticsearch remembers answers without hits."""
    return {"query": query, "size": 0, "aggs": queries.facets(), "track_total_hits": False}


def facets_of(answer: Mapping[str, Any]) -> Facets:
    return {
        name: [FacetValue(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]
        for name, found in answer["aggregations"].items()
    }
