"""From what the index stores to what clients get: keys become presigned URLs."""

from collections.abc import Mapping
from typing import Any

from pichaven_chassis.storage import Presigner
from pichaven_search.application.search_photos import Found, Hit
from pichaven_search.domain.fusion import Place
from pichaven_search.entrypoints.http.schemas import (
    FacetOut,
    FacetsOut,
    Matched,
    PhotoOut,
    SearchHit,
    SearchOut,
)


class Presentation:
    """Signs for the host that the client used.

    URLs are the very ones that the library gives out, so a browser keeps one copy of a picture.
    """

    def __init__(self, presigner: Presigner) -> None:
        self._presigner = presigner

    def photo(self, stored: Mapping[str, Any], base_url: str) -> PhotoOut:
        variants = [
            {
                "url": self._presigner.get(
                    variant["key"],
                    base_url=base_url,
                    content_type=f"image/{variant['format']}",
                )
            }
            | {name: variant[name] for name in ("name", "format", "width", "height", "bytes")}
            for variant in stored["variants"]
        ]
        original = self._presigner.get(
            stored["original_key"],
            base_url=base_url,
            content_type=stored["content_type"],
            download_name=stored["filename"],
        )
        return PhotoOut.model_validate({**stored, "variants": variants, "original_url": original})

    def found(self, found: Found, base_url: str, cursor: str | None) -> SearchOut:
        facets = found.facets
        return SearchOut(
            items=[self._hit(hit, base_url) for hit in found.hits],
            facets=None
            if facets is None
            else FacetsOut(
                **{
                    name: [FacetOut(value=each.value, count=each.count) for each in values]
                    for name, values in facets.items()
                }
            ),
            total=found.total,
            took_ms=found.took_ms,
            model=found.model,
            degraded=list(found.degraded),
            next_cursor=cursor,
        )

    def _hit(self, hit: Hit, base_url: str) -> SearchHit:
        visual = None if hit.visual is None else round(hit.visual, 4)
        return SearchHit(
            photo=self.photo(hit.photo, base_url),
            score=hit.score,
            matched=Matched(text=list(hit.places), visual=visual),
        )


def cursor_values(place: Place) -> dict[str, Any]:
    return {"s": place.score, "t": place.taken_ms, "i": place.photo_id}
