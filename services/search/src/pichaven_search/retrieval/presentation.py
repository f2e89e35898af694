"""Search results as JSON, with the keys of `SearchPage` in schemas.py."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import Response

from pichaven_contracts.variants import VariantChoice
from pichaven_search.audience import Audience
from pichaven_search.photos.presentation import PhotoPresenter, json_response
from pichaven_search.query_language.query_parser import QueryPart
from pichaven_search.retrieval.cursor_codec import write_cursor
from pichaven_search.retrieval.model import Facets, Hit, SearchResult


def search_page(
    result: SearchResult,
    parts: Sequence[QueryPart],
    presenter: PhotoPresenter,
    base_url: str,
    audience: Audience,
    variants: VariantChoice,
) -> Response:
    """Return the response of a search."""
    return json_response(
        {
            "items": [
                {
                    "photo": presenter.to_json(hit.photo, base_url, audience, variants),
                    "score": hit.score,
                    "matched": _matched(hit),
                }
                for hit in result.hits
            ],
            "facets": None if result.facets is None else _facets(result.facets),
            "total": result.total,
            "took_ms": result.took_ms,
            "model": result.model,
            "degraded": list(result.degraded),
            "understood": [asdict(part) for part in parts],
            "next_cursor": write_cursor(result.next_cursor),
        }
    )


def _matched(hit: Hit) -> dict[str, Any]:
    visual = None if hit.visual_similarity is None else round(hit.visual_similarity, 4)
    return {"text": list(hit.matched_fields), "visual": visual}


def _facets(facets: Facets) -> dict[str, Any]:
    return {
        name: [{"value": each.value, "count": each.count} for each in values]
        for name, values in facets.items()
    }
