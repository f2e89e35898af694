"""From what the index stores to what clients get: keys become presigned URLs.

Answers are written as JSON at once. What they are made of was checked when it was indexed, and
a page of 50 photos has several hundred variants: to validate them again took longer than the
search. The schemas describe the answers, and a test holds the answers to them.
"""

from functools import lru_cache
from typing import Any, Final

import orjson
from fastapi import Response

from pichaven_chassis.storage import Presigner
from pichaven_search.index.stored_photo import StoredPhoto

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
        """`Photo` of schemas.py."""
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


def json_response(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
