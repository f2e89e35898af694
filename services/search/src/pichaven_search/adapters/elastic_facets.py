"""Facets of an answer of Elasticsearch."""

from collections.abc import Mapping
from typing import Any

from pichaven_search.application.ports import Facets, FacetValue


def facets_of(answer: Mapping[str, Any]) -> Facets:
    return {
        name: [FacetValue(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]
        for name, found in answer["aggregations"].items()
    }
