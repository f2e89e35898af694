"""Facets of an answer of Elasticsearch."""

from collections.abc import Mapping
from typing import Any

from pichaven_search.index.msearch import Body
from pichaven_search.index.text_fields import Clause
from pichaven_search.retrieval.model import Facets, FacetValue


def counting(query: Clause) -> Body:
    """A search for facets alone. Elasticsearch remembers answers without hits."""
    return {"query": query, "size": 0, "aggs": facets(), "track_total_hits": False}


def facets_of(answer: Mapping[str, Any]) -> Facets:
    return {
        name: [FacetValue(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]
        for name, found in answer["aggregations"].items()
    }


def facets() -> Clause:
    return {
        "tags": {"terms": {"field": "tags", "size": 30}},
        "cameras": {"terms": {"field": "camera", "size": 20}},
        "months": {"terms": {"field": "month", "size": 240, "order": {"_key": "desc"}}},
        "types": {"terms": {"field": "content_type", "size": 20}},
        "colors": {"terms": {"field": "colors", "size": 12}},
        "cities": {"terms": {"field": "city", "size": 30}},
        "regions": {"terms": {"field": "region", "size": 30}},
        "countries": {"terms": {"field": "country", "size": 30}},
        "orientations": {"terms": {"field": "orientation", "size": 3}},
    }
