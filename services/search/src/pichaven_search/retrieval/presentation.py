"""From what a search found to what clients get."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import Response

from pichaven_search.photos.presentation import Presentation, json_response
from pichaven_search.query_language.query_parser import Part
from pichaven_search.retrieval.cursor_codec import write_cursor
from pichaven_search.retrieval.model import Facets, Found, Hit


def search_page(
    found: Found, parts: Sequence[Part], presentation: Presentation, base_url: str
) -> Response:
    """`SearchPage` of schemas.py."""
    return json_response(
        {
            "items": [_hit(hit, presentation, base_url) for hit in found.hits],
            "facets": None if found.facets is None else _facets(found.facets),
            "total": found.total,
            "took_ms": found.took_ms,
            "model": found.model,
            "degraded": list(found.degraded),
            "understood": [asdict(part) for part in parts],
            "next_cursor": write_cursor(found.following),
        }
    )


def _hit(hit: Hit, presentation: Presentation, base_url: str) -> dict[str, Any]:
    visual = None if hit.visual is None else round(hit.visual, 4)
    return {
        "photo": presentation.photo(hit.photo, base_url),
        "score": hit.score,
        "matched": {"text": list(hit.places), "visual": visual},
    }


def _facets(facets: Facets) -> dict[str, Any]:
    return {
        name: [{"value": each.value, "count": each.count} for each in values]
        for name, values in facets.items()
    }
