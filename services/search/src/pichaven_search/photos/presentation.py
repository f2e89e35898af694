"""From what the index stores to what clients get: keys become presigned URLs.

Answers are written as JSON at once. What they are made of was checked when it was indexed, and
a page of 50 photos has several hundred variants: to validate them again took longer than the
search. The schemas describe the answers, and a test holds the answers to them.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

import orjson
from fastapi import Response

from pichaven_chassis.storage import Presigner
from pichaven_search.index.stored_photo import StoredPhoto
from pichaven_search.ports import Facets
from pichaven_search.query_language.understanding import Part
from pichaven_search.retrieval.queries import Found, Hit
from pichaven_search.similar.find_similar import Similar

_MOST_WRITTEN: Final = 2_000
"""Photos that are kept as they were written: at about 8 KB each, with what they were made of."""


class Presentation:
    """Signs for the host that the client used.

    URLs are the very ones that the library gives out, so a browser keeps one copy of a picture.
    They stay the same for hours, so a photo is written once and kept: who types, turns pages or
    comes back gets much the same photos again.
    """

    def __init__(self, presigner: Presigner) -> None:
        self._presigner = presigner
        self._written = lru_cache(_MOST_WRITTEN)(self._write)

    def photo(self, stored: StoredPhoto, base_url: str) -> orjson.Fragment:
        """`PhotoOut` of schemas.py."""
        return orjson.Fragment(self._written(stored, base_url, self._presigner.window()))

    def _write(self, stored: StoredPhoto, base_url: str, _window: int) -> bytes:
        """The same for as long as the URLs are signed as of the same moment."""
        return orjson.dumps(self._shown(stored, base_url))

    def _shown(self, stored: StoredPhoto, base_url: str) -> dict[str, Any]:
        shown = dict(stored.fields())
        content_type, name = shown["content_type"], shown["filename"]
        shown["variants"] = [
            {
                "name": variant["name"],
                "format": variant["format"],
                "width": variant["width"],
                "height": variant["height"],
                "bytes": variant["bytes"],
                "url": self._presigner.get(
                    variant["key"],
                    base_url=base_url,
                    content_type=f"image/{variant['format']}",
                ),
            }
            for variant in shown["variants"]
        ]
        shown["original_url"] = self._presigner.get(
            shown.pop("original_key"),
            base_url=base_url,
            content_type=content_type,
            download_name=name,
        )
        return shown

    def found(
        self, found: Found, parts: Sequence[Part], base_url: str, cursor: str | None
    ) -> Response:
        """`SearchOut`."""
        return _json(
            {
                "items": [self._hit(hit, base_url) for hit in found.hits],
                "facets": None if found.facets is None else _facets(found.facets),
                "total": found.total,
                "took_ms": found.took_ms,
                "model": found.model,
                "degraded": list(found.degraded),
                "understood": [asdict(part) for part in parts],
                "next_cursor": cursor,
            }
        )

    def similar(self, found: Similar, base_url: str) -> Response:
        """`SimilarOut`."""
        return _json(
            {
                "items": [
                    {"photo": self.photo(each.photo, base_url), "score": round(each.cosine, 4)}
                    for each in found.likenesses
                ],
                "model": found.model,
                "reason": found.reason,
            }
        )

    def _hit(self, hit: Hit, base_url: str) -> dict[str, Any]:
        visual = None if hit.visual is None else round(hit.visual, 4)
        return {
            "photo": self.photo(hit.photo, base_url),
            "score": hit.score,
            "matched": {"text": list(hit.places), "visual": visual},
        }


def _facets(facets: Facets) -> dict[str, Any]:
    return {
        name: [{"value": each.value, "count": each.count} for each in values]
        for name, values in facets.items()
    }


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
