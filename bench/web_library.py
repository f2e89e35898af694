"""A library that is too large to be made: answers of the timeline for it, made of real ones.

The browser is given them by interception of its requests. Thumbnails are those of real photos, so
their URLs are right.
"""

import json
import random
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Page, Route

from bench.library_photos import DRAWN
from pichaven_chassis.ids import new_id
from testing.api_client import ApiClient

_MONTHS: Final = 120
_LATEST: Final = (2026, 10)
_PAGE: Final = 2_500
"""As gallery has it."""
_SHARED: Final = ("name", "status", "aspect_ratio", "blurhash", "offset", "favorite", "duration")


class GeneratedLibrary:
    def __init__(self, month: dict[str, Any], size: int) -> None:
        """`month` is a real one, whose photos are repeated."""
        self._source = month
        self._count = size // _MONTHS
        self._templates = [
            month["thumbnail_templates"][template].replace("{id}", photo_id)
            for photo_id, template in zip(
                month["id"][:DRAWN], month["thumbnail_template"][:DRAWN], strict=True
            )
        ]

    @classmethod
    async def of(cls, person: ApiClient, size: int) -> "GeneratedLibrary":
        """Repeat the photos of the person's largest month."""
        buckets = (await person.json("GET", "/timeline"))["buckets"]
        largest = max(buckets, key=lambda bucket: bucket["count"])
        return cls(await person.json("GET", f"/timeline/{largest['month']}"), size)

    async def answer_for(self, page: Page) -> None:
        """Answer the page's requests of the timeline."""
        await page.route("**/api/v1/timeline", self._send_buckets)
        await page.route("**/api/v1/timeline/*-*", self._send_month)

    async def _send_buckets(self, route: Route) -> None:
        buckets = [
            {"month": name, "count": self._count, "version": f"generated-{name}"}
            for name in map(_month_name, range(_MONTHS))
        ]
        await route.fulfill(json={"buckets": buckets})

    async def _send_month(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        start = int(parse_qs(address.query).get("cursor", ["0"])[0])
        await route.fulfill(body=json.dumps(self._page(address.path[-7:], start)))

    def _page(self, month: str, start: int) -> dict[str, Any]:
        rng = random.Random(f"{month} {start}")
        end = min(start + _PAGE, self._count)
        sources = [rng.randrange(len(self._templates)) for _ in range(start, end)]
        span = 28 * 86_400
        return {
            "month": month,
            "count": self._count,
            "version": f"generated-{month}",
            "id": [new_id() for _ in sources],
            "second": [span - span * number // self._count for number in range(start, end)],
            **{name: [self._source[name][each] for each in sources] for name in _SHARED},
            "thumbnail_templates": self._templates,
            "thumbnail_template": sources,
            "thumbnail_key": [self._source["thumbnail_key"][each] for each in sources],
            "thumbnail_signature": [self._source["thumbnail_signature"][each] for each in sources],
            "next_cursor": str(end) if end < self._count else None,
        }


def _month_name(number: int) -> str:
    year, month = _LATEST
    months = 12 * year + month - 1 - number
    return f"{months // 12}-{months % 12 + 1:02d}"
