"""How good answers are on photographs, by language, through the public API of a whole platform."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from bench.photo_copies import (
    duplicate_quality,
    nearest_photos,
    share_of_originals_first,
    share_with_a_common_query,
    write_changed_copies,
)
from bench.platform_run import running_platform
from bench.report import Figure, write
from bench.search_quality import Ranked, ndcg
from pichaven_chassis.settings import ElasticsearchSettings
from pichaven_local.stack import Stack
from pichaven_search.audience import Audience
from pichaven_search.bootstrap import Adapters, wire
from pichaven_search.query_language.query import parse_text_query
from pichaven_search.retrieval.model import SearchScope
from pichaven_search.settings import MlSettings
from testing.api_client import ApiClient, registered_client
from testing.photographs import Judgement, PhotographSet, packaged_set, read_set, write_copies
from testing.polling import eventually

_FOLDER: Final = os.environ.get("PICHAVEN_BENCH_PHOTO_SET")
_AT_ONCE: Final = 4
_PAGE: Final = 500
_ANALYSED_WITHIN_S: Final = 1200
_INDEXED_WITHIN_S: Final = 120
_ANSWERED_WITHIN_S: Final = 60


def photo_figures() -> tuple[list[Figure], str]:
    """Return the figures of the set in force, and its description."""
    photographs = read_set(Path(_FOLDER)) if _FOLDER else packaged_set()
    with running_platform(PICHAVEN_ML_OCR="off") as stack:
        figures, model = asyncio.run(_measure(stack, photographs))
    return figures, (
        f"photographs: {len(photographs.files)} {'of a folder' if _FOLDER else 'of packages'}"
        f" (testing/photographs), {len(photographs.queries)} queries of what they show and"
        f" {len(photographs.absent)} of absent things, in {len(photographs.languages)} language(s);"
        f" {model}"
    )


async def _measure(stack: Stack, photographs: PhotographSet) -> tuple[list[Figure], str]:
    environment = stack.environment("search")
    adapters = wire(
        elasticsearch=ElasticsearchSettings(url=environment["PICHAVEN_ELASTICSEARCH_URL"]),
        ml=MlSettings(urls=environment["PICHAVEN_ML_URLS"]),
    )
    try:
        async with registered_client(stack.url) as person:
            names = await _import(person, photographs.files)
            await person.log_in()
            values = {
                language: await _language(person, adapters, photographs, names, language)
                for language in photographs.languages
            }
            model = str((await person.json("GET", "/search", params={"limit": 1}))["model"])
            copies = await _pictures(person, photographs, names)
    finally:
        await adapters.close()
    return [*_figures(values), *copies], model


async def _pictures(
    person: ApiClient, photographs: PhotographSet, names: Mapping[str, str]
) -> list[Figure]:
    """Return the figures of searches by pictures and of near duplicates."""
    await person.log_in()
    nearest = await nearest_photos(person, names)
    values = {
        "similar_with_a_common_query": share_with_a_common_query(nearest, photographs.queries)
    }
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-copies-") as folder:
        copies = write_changed_copies(photographs.files, Path(folder))
        values["originals_first_by_a_copy"] = await share_of_originals_first(person, names, copies)
        copy_names = await _import(person, copies)
    await person.log_in()
    values |= await duplicate_quality(person, names, copy_names)
    return [Figure(f"photographs_{name}", value, "0..1") for name, value in values.items()]


async def _import(person: ApiClient, files: Mapping[str, Path]) -> dict[str, str]:
    """Upload copies without names or metadata; return the photographs' names by photo id."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def upload(copy: Path) -> str:
        async with gate:
            return await person.upload(copy.name, copy.read_bytes())

    with tempfile.TemporaryDirectory(prefix="pichaven-bench-photos-") as folder:
        copies = write_copies(files.values(), Path(folder))
        ids = await asyncio.gather(*map(upload, copies))
    print(f"{len(ids)} photographs uploaded", flush=True)
    versions: dict[str, int] = {}
    for photo_id in ids:
        photo = await person.wait_until_analyzed(photo_id, _ANALYSED_WITHIN_S)
        assert photo["status"] == "ready", photo["failure"]
        versions[photo_id] = photo["version"]

    names = dict(zip(ids, files, strict=True))

    async def searchable_photos() -> dict[str, str]:
        assert await _are_searchable(person, versions), "search lacks some"
        return names

    return await eventually(searchable_photos, "all are searchable", _INDEXED_WITHIN_S)


async def _are_searchable(person: ApiClient, versions: Mapping[str, int]) -> bool:
    """Return whether search has these versions of the photos, and the embedding of each."""
    photos = [item["photo"] for item in await _items(person, q="")]
    indexed = {photo["id"]: photo["version"] for photo in photos}
    if any(indexed.get(photo_id, 0) < version for photo_id, version in versions.items()):
        return False
    similar = [
        await person.json("GET", f"/photos/{photo_id}/similar", params={"limit": 1})
        for photo_id in versions
    ]
    return all(page["reason"] is None for page in similar)


async def _items(person: ApiClient, **query: str) -> list[dict[str, Any]]:
    """Return the results of a search, of all pages."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await _page(person, {"limit": str(_PAGE), **query, **cursor})
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def _page(person: ApiClient, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return a page of a search that ml took part in; a busy machine may need some tries."""

    async def page() -> dict[str, Any]:
        answer = await person.json("GET", "/search", params=parameters)
        assert not answer["degraded"], "ml did not answer in time"
        return dict(answer)

    return await eventually(page, f"{parameters} is answered by ml too", _ANSWERED_WITHIN_S)


async def _language(
    person: ApiClient,
    adapters: Adapters,
    photographs: PhotographSet,
    names: Mapping[str, str],
    language: str,
) -> dict[str, float]:
    async def answer(query: str) -> Ranked:
        items = await _items(person, q=photographs.wording(query, language))
        return [names[item["photo"]["id"]] for item in items]

    index = await adapters.indexes.get_searched()
    assert index is not None
    scope = SearchScope(index, Audience(person.user_id))

    async def nearest(query: str) -> Ranked:
        """Rank the whole library by vector."""
        text = parse_text_query(photographs.wording(query, language))
        assert text is not None
        vector = (await adapters.encoder.encode(text.text, index.model)).vector
        photos = await adapters.neighbours.nearest(
            scope, vector, library_size=len(names), limit=len(names)
        )
        return [names[each.photo.photo_id] for each in photos]

    answers = {query: await answer(query) for query in photographs.queries}
    rankings = {query: await nearest(query) for query in photographs.queries}
    values = answer_quality(answers, photographs.queries)
    values["ndcg_at_10_of_whole_library"] = mean_ndcg(rankings, photographs.queries)
    absent = [await answer(query) for query in photographs.absent]
    values["absent_things_answered_with_nothing"] = fmean(not ranked for ranked in absent)
    print(f"searched in {language}", flush=True)
    return values


def _figures(values: Mapping[str, Mapping[str, float]]) -> list[Figure]:
    """Return figures of values by language, those of other languages against English."""
    english = {name: f"photographs_en_{name}" for name in values["en"]}
    return [
        Figure(english[name], value, "0..1")
        if language == "en"
        else Figure(
            f"photographs_{language}_{name}",
            value,
            "0..1",
            english[name],
            value / values["en"][name] if values["en"][name] else None,
        )
        for language, figures in values.items()
        for name, value in figures.items()
    ]


def without_arguable(ranked: Iterable[str], judgement: Judgement) -> Ranked:
    return [name for name in ranked if name not in judgement.arguable]


def mean_ndcg(answers: Mapping[str, Ranked], queries: Mapping[str, Judgement]) -> float:
    """nDCG at 10 without the arguable photographs, over all queries."""
    return _mean(answers, queries, ndcg)


def answer_quality(
    answers: Mapping[str, Ranked], queries: Mapping[str, Judgement]
) -> dict[str, float]:
    """Return the quality of answers that end at the relevance cutoff, 0 to 1 each.

    Every figure is a mean over queries and leaves the arguable photographs out. Precision is of the
    queries whose answer has any other photograph, and 0 where there is none; all else is of all.
    """
    precisions = [
        len(judgement.right.intersection(ranked)) / len(ranked)
        for query, judgement in queries.items()
        if (ranked := without_arguable(answers[query], judgement))
    ]
    return {
        "ndcg_at_10": mean_ndcg(answers, queries),
        "precision": fmean(precisions) if precisions else 0.0,
        "recall": _mean(
            answers, queries, lambda ranked, right: len(right & set(ranked)) / len(right)
        ),
        "things_with_a_right_photo": _mean(
            answers, queries, lambda ranked, right: float(bool(right & set(ranked)))
        ),
    }


def _mean(
    answers: Mapping[str, Ranked],
    queries: Mapping[str, Judgement],
    score: Callable[[Ranked, frozenset[str]], float],
) -> float:
    return fmean(
        score(without_arguable(answers[query], judgement), judgement.right)
        for query, judgement in queries.items()
    )


def main() -> None:
    figures, corpus = photo_figures()
    write("photo_quality", figures, corpus=corpus)


if __name__ == "__main__":
    main()
