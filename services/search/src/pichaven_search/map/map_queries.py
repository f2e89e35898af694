"""Elasticsearch's aggregation for a map. Pure."""

from typing import Final

from pichaven_search.map.model import MOST_CELLS
from pichaven_search.retrieval.lexical import Clause

CELLS: Final = "cells"
_MOST_BUCKETS: Final = 2 * MOST_CELLS
"""Positions are rounded a little in the index, so that some may lie in a cell beyond the box."""


def clusters(precision: int) -> Clause:
    """One bucket for each cell with photos, the fullest first."""
    return {
        CELLS: {
            "geotile_grid": {"field": "location", "precision": precision, "size": _MOST_BUCKETS},
            "aggs": {
                "centre": {"geo_centroid": {"field": "location"}},
                # No cell lies on both sides of the antimeridian, so no box needs to.
                "box": {"geo_bounds": {"field": "location", "wrap_longitude": False}},
                "cover": {
                    "top_hits": {
                        "size": 1,
                        "sort": [{"taken_at": "desc"}, {"id": "desc"}],
                        "_source": False,
                        "stored_fields": "_none_",
                        "docvalue_fields": ["cover"],
                    }
                },
            },
        }
    }
