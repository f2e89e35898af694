"""Facets as Elasticsearch aggregations."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pichaven_search.index.msearch import Body
from pichaven_search.index.text_fields import Clause
from pichaven_search.retrieval.model import Facets, FacetValue

_AGGREGATIONS: Final[Clause] = {
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
FACET_NAMES: Final = tuple(_AGGREGATIONS)


def facet_search(query: Clause, names: Iterable[str]) -> Body:
    """Return a search without hits, whose response Elasticsearch caches."""
    aggregations = {name: _AGGREGATIONS[name] for name in names}
    return {"query": query, "size": 0, "aggs": aggregations, "track_total_hits": False}


def to_facets(response: Mapping[str, Any]) -> Facets:
    """Convert the response to a `facet_search`."""
    return {
        name: [FacetValue(bucket["key"], bucket["doc_count"]) for bucket in values["buckets"]]
        for name, values in response["aggregations"].items()
    }
