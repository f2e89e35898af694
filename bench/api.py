"""Response times of gallery and search, by concurrency and size of the library."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from bench import library_seed
from bench.library_photos import CAMERAS, CORPUS, DAYS, LATEST, SCENES, THINGS, library_sizes
from bench.platform_run import running_platform
from bench.report import Figure, write
from bench.timing import CONCURRENCY, Kind, measure, warm
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client

_SIZES: Final = library_sizes()
_SERVICES: Final = ("identity", "upload", "gallery", "search")

_EMBEDDINGS: Final = (
    "embeddings are those of 160 texts by the default model, each photo's with noise of its own"
)

_ADJECTIVES: Final = ("small", "old", "bright", "lonely", "red", "quiet", "huge", "wet", "two")


def _kinds(stack: Stack, prefix: str, ids: Sequence[str]) -> list[Kind]:
    rng = random.Random(7)
    number = itertools.count()

    def month() -> str:
        return f"{LATEST - timedelta(days=rng.uniform(0, DAYS)):%Y-%m}"

    def words() -> str:
        return rng.choice((rng.choice(THINGS), rng.choice(SCENES), rng.choice(CAMERAS)))

    def sentence() -> str:
        return f"{rng.choice(_ADJECTIVES)} {rng.choice(THINGS)} seen {next(number)} steps away"

    def query_prefix() -> str:
        return words().lower()[: rng.randint(1, 4)]

    def live(service: str) -> Kind:
        port = getattr(stack.ports, service)
        url = f"http://127.0.0.1:{port}/livez"
        name = f"{prefix}_{service}_livez"
        return Kind(name, name, lambda: ("GET", url, {}))

    def gallery(name: str, path: Callable[[], str], **parameters: object) -> Kind:
        return Kind(
            f"{prefix}_{name}",
            f"{prefix}_gallery_livez",
            lambda: ("GET", path(), {"params": parameters}),
        )

    def search(name: str, path: str, query: Callable[[], str]) -> Kind:
        return Kind(
            f"{prefix}_{name}",
            f"{prefix}_search_livez",
            lambda: ("GET", path, {"params": {"q": query()}}),
        )

    return [
        live("gallery"),
        gallery("list_of_50", lambda: "/photos", limit=50),
        gallery("one_photo", lambda: f"/photos/{rng.choice(ids)}"),
        gallery("timeline", lambda: "/timeline"),
        gallery("month_of_timeline", lambda: f"/timeline/{month()}"),
        live("search"),
        search("search_newest", "/search", str),
        search("search_words", "/search", words),
        search("search_new_sentence", "/search", sentence),
        Kind(
            f"{prefix}_similar",
            f"{prefix}_search_livez",
            lambda: ("GET", f"/photos/{rng.choice(ids)}/similar", {}),
        ),
        search("suggest", "/search/suggest", query_prefix),
        Kind(
            f"{prefix}_patch",
            f"{prefix}_gallery_livez",
            lambda: (
                "PATCH",
                f"/photos/{rng.choice(ids)}",
                {"json": {"favorite": rng.random() < 0.5, "caption": f"changed {next(number)}"}},
            ),
        ),
    ]


async def _measure_size(stack: Stack, person: ApiClient, size: int) -> list[Figure]:
    began = time.perf_counter()
    ids = await library_seed.seed(stack, person.user_id, size, searchable=True, stores_months=True)
    seconds = time.perf_counter() - began
    await person.log_in()
    timeline = await person.json("GET", "/timeline")
    page = await person.json("GET", "/search", params={"limit": 1})
    assert sum(bucket["count"] for bucket in timeline["buckets"]) == page["total"] == size
    prefix = f"n{size}"
    figures = [Figure(f"{prefix}_seeding", seconds, "s")]
    kinds = _kinds(stack, prefix, ids)
    floors: dict[tuple[str, int, str], float] = {}
    # Changes come last: each gives a month another version, and its next read is a first one,
    # which bench-timeline measures.
    *reads, patch = kinds
    for group in (reads, [patch]):
        await warm(person.http, group)
        for concurrency in CONCURRENCY:
            for kind in group:
                figures += await measure(person.http, kind, concurrency, floors)
    return figures


async def _run(stack: Stack) -> list[Figure]:
    figures: list[Figure] = []
    for size in _SIZES:
        async with registered_client(stack.url) as person:
            figures += await _measure_size(stack, person, size)
    return figures


def main() -> None:
    with running_platform(_SERVICES, encoder_only=True) as stack:
        figures = asyncio.run(_run(stack))
    write(
        "api",
        figures,
        corpus=f"{CORPUS.format(count=' and '.join(map(str, _SIZES)))}; {_EMBEDDINGS}",
    )


if __name__ == "__main__":
    main()
