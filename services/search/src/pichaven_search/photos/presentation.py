"""Photos as JSON for clients: presigned URLs in place of storage keys.

Responses are serialised without validation: the values were validated when they were indexed,
and a page of 50 photos has several hundred variants, whose validation took longer than the
search. The schemas document the responses, and tests validate responses against them.
"""

from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import orjson
from fastapi import Response

from pichaven_chassis.storage import Presigner
from pichaven_contracts.variants import VariantChoice
from pichaven_search.audience import Audience
from pichaven_search.index.stored_photo import StoredPhoto

_CACHE_SIZE: Final = 2_000
"""Photos that are cached as JSON, at about 4 KB each with their stored fields."""


_NAME_AND_FORMAT: Final = itemgetter("name", "format")


class PhotoPresenter:
    """Presigns URLs for the host that the client used.

    They are the URLs that gallery returns, so that a browser caches a picture once, and stay the
    same for hours. So does the JSON of a photo, which is cached: consecutive searches of a user
    have many photos in common.
    """

    def __init__(self, presigner: Presigner) -> None:
        self._presigner = presigner
        self._json = lru_cache(_CACHE_SIZE)(self._serialise)

    def to_json(
        self, stored: StoredPhoto, base_url: str, audience: Audience, variants: VariantChoice
    ) -> orjson.Fragment:
        """Return a `pichaven_contracts.api.Photo` with the chosen variants."""
        window = self._presigner.window()
        return orjson.Fragment(self._json(stored, base_url, audience, variants, window))

    def _serialise(
        self,
        stored: StoredPhoto,
        base_url: str,
        audience: Audience,
        variants: VariantChoice,
        _window: int,
    ) -> bytes:
        # The window is part of the cache key: URLs are the same within it.
        return orjson.dumps(self._to_fields(stored, base_url, audience, variants))

    def _to_fields(
        self, stored: StoredPhoto, base_url: str, audience: Audience, variants: VariantChoice
    ) -> dict[str, Any]:
        fields = dict(stored.fields())
        if "taken_at_local" not in fields:
            fields |= _older_times(fields["taken_at"])
        fields["variants"] = [
            {
                "name": variant["name"],
                "format": variant["format"],
                "width": variant["width"],
                "height": variant["height"],
                "bytes": variant["bytes"],
                "url": self._presigner.get(
                    variant["key"], base_url=base_url, content_type=f"image/{variant['format']}"
                ),
            }
            for variant in variants.select(fields["variants"], _NAME_AND_FORMAT)
        ]
        original_key = fields.pop("original_key")
        fields["original_url"] = (
            self._presigner.get(
                original_key,
                base_url=base_url,
                content_type=fields["content_type"],
                download_name=fields["filename"],
            )
            if audience.may_download(fields["owner_id"])
            else None
        )
        sidecar_key = fields.pop("sidecar_key", None)
        fields["sidecar_url"] = (
            self._presigner.get(
                sidecar_key,
                base_url=base_url,
                content_type="application/rdf+xml",
                download_name=f"{fields['filename']}.xmp",
            )
            if sidecar_key is not None and audience.may_download(fields["owner_id"])
            else None
        )
        return fields


def _older_times(taken_at: str) -> dict[str, str | None]:
    """Return the times that a photo of an index of an earlier schema lacks."""
    wall_time = datetime.fromisoformat(taken_at).astimezone(UTC).replace(tzinfo=None)
    return {
        "taken_at_local": wall_time.isoformat(),
        "taken_at_offset": None,
        "taken_at_source": "none",
    }


def json_response(content: dict[str, Any]) -> Response:
    """Return a response whose content may hold JSON fragments."""
    return Response(orjson.dumps(content), media_type="application/json")
