"""Search by size of the library: speed, recall, quality of answers, and what an index costs."""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray

from bench import search_corpus
from bench.knn import TOP, compare_knn, exact_nearest
from bench.library_photos import library_sizes
from bench.pgvector_peer import Pgvector, running_pgvector
from bench.photo_quality import photo_figures
from bench.platform_run import running_platform
from bench.report import Figure, write
from bench.search_corpus import CAMERAS, LATEST, NAMES, OCCASIONS, PLACES, Drawn
from bench.search_places import measure_places
from bench.search_quality import absent_hits, measure_quality
from bench.search_writer import Events, SearchWriter, search_adapters
from bench.timing import CONCURRENCY, Kind, measure, warm
from pichaven_chassis.ids import new_id
from pichaven_local.engines.elasticsearch import data_directory
from pichaven_local.stack import Stack
from pichaven_ml.settings import PHOTO_MODEL, TINY_MODEL
from pichaven_search.audience import Audience
from pichaven_search.bootstrap import Adapters
from pichaven_search.index.clauses import knn_clause
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import Calibration
from pichaven_search.retrieval.facets import FACET_NAMES
from pichaven_search.retrieval.model import SearchScope
from testing.api_client import ApiClient, registered_client
from testing.sketches.queries import ALL, OBJECTS, UNKNOWN_QUERIES

_SIZES: Final = library_sizes()
_DRAWN: Final = 2000
_MIXED: Final = 600
"""Drawn pictures of which the large libraries are made; the default model takes 50 ms for each."""
_BATCH: Final = 500
_EXACT_QUERIES: Final = 100
_QUIET_S: Final = 5
_MERGED_WITHIN_S: Final = 600
_ABSENT_AT_ONCE: Final = 8
"""Things that one library lacks together; more would leave little of it."""
_KINDS_OF_INDEX: Final = ("hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw")
_FACETS: Final = ",".join(FACET_NAMES)
_QUANTISED_FILES: Final = (".veq", ".veb")
"""Of vectors at a byte or four bits a dimension, and at one bit."""
_QUANTISED: Final = 20_000
_SERVICES: Final = ("identity", "search")
_CORPUS: Final = (
    f"drawn: {_DRAWN} pictures drawn from seeds unknown to pichaven-tiny and nine photographs, two"
    f" of five with a caption; speed: vectors of the default model, mixed of those of {_MIXED} such"
    " pictures with noise, six places, five cameras, ten years, tags and captions at random; one"
    " owner for each size"
)

Vectors = NDArray[np.float32]


async def _put(
    adapters: Adapters, index: Index, events: Iterator[Events]
) -> tuple[list[str], Vectors]:
    """Index as the worker does it; ids and vectors in order."""
    ids: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    writer, began = SearchWriter(adapters, index), time.perf_counter()
    while batch := list(itertools.islice(events, _BATCH)):
        ids += [changed.photo_id for changed, _ in batch]
        vectors += [np.asarray(embedded.embedding, np.float32) for _, embedded in batch]
        await writer.write(batch)
        if len(ids) % 10_000 == 0:
            seconds = time.perf_counter() - began
            print(f"{len(ids)} photos in the index, {seconds:.0f} s", flush=True)
    await writer.finish()
    return ids, np.array(vectors, np.float32)


def _kinds(stack: Stack, prefix: str, ids: Sequence[str]) -> list[Kind]:
    lot = random.Random(7)
    number = itertools.count()
    live = f"http://127.0.0.1:{stack.ports.search}/livez"
    floor = f"{prefix}_livez"

    def ask(path: str, **parameters: str) -> tuple[str, str, dict[str, Any]]:
        return "GET", path, {"params": parameters}

    def words() -> str:
        return lot.choice((lot.choice(NAMES), lot.choice(OCCASIONS), lot.choice(ALL).text))

    def sentence() -> str:
        return f"{lot.choice(ALL).text} with {lot.choice(NAMES)} {next(number)}"

    def later() -> str:
        """Nearly all photos, and not what was asked before: counts of it are not remembered."""
        return (LATEST - timedelta(minutes=next(number))).isoformat()

    def query_prefix() -> str:
        whole = lot.choice((*NAMES, *OCCASIONS, *CAMERAS, *(place[0] for place in PLACES)))
        return whole[: lot.randint(1, 4)]

    def box() -> dict[str, str]:
        if lot.random() < 0.3:
            return {"bbox": "-180,-85,180,85", "zoom": str(lot.randint(1, 3))}
        *_, lat, lon = lot.choice(PLACES)
        return {
            "bbox": f"{lon - 0.5},{lat - 0.5},{lon + 0.5},{lat + 0.5}",
            "zoom": str(lot.randint(8, 12)),
        }

    return [
        Kind(floor, floor, lambda: ("GET", live, {})),
        Kind(f"{prefix}_search_words", floor, lambda: ask("/search", q=words())),
        Kind(f"{prefix}_search_new_sentence", floor, lambda: ask("/search", q=sentence()), True),
        Kind(
            f"{prefix}_search_words_with_facets",
            floor,
            lambda: ask("/search", q=words(), facets=_FACETS),
        ),
        Kind(
            f"{prefix}_search_filtered",
            floor,
            lambda: ask("/search", q=lot.choice(ALL).text, camera=lot.choice(CAMERAS)),
        ),
        Kind(
            f"{prefix}_search_absent",
            floor,
            lambda: ask("/search", q=lot.choice(UNKNOWN_QUERIES)),
            may_be_empty=True,
        ),
        Kind(f"{prefix}_newest_with_facets", floor, lambda: ask("/search", q="", facets=_FACETS)),
        Kind(
            f"{prefix}_newest_counted_anew",
            floor,
            lambda: ask("/search", q="", to=later(), facets=_FACETS),
        ),
        Kind(f"{prefix}_suggest", floor, lambda: ask("/search/suggest", q=query_prefix()), True),
        Kind(f"{prefix}_similar", floor, lambda: ask(f"/photos/{lot.choice(ids)}/similar")),
        Kind(f"{prefix}_map", floor, lambda: ask("/map", **box())),
    ]


async def _recall(
    adapters: Adapters,
    index: Index,
    owner_id: str,
    ids: Sequence[str],
    vectors: Vectors,
    query_vectors: Vectors,
) -> float:
    """Share of the exact ten nearest that the index gives, over texts and pictures."""
    hits = 0
    exact = exact_nearest(ids, vectors, query_vectors)
    for vector, right in zip(query_vectors, exact, strict=True):
        near = await adapters.neighbours.nearest(
            SearchScope(index, Audience(owner_id)),
            vector.tolist(),
            library_size=len(ids),
            limit=TOP,
        )
        hits += len(right & {each.photo.photo_id for each in near})
    return hits / (TOP * len(query_vectors))


def _query_vectors(model: Any, drawn: Sequence[Drawn]) -> Vectors:
    """Half pictures that are in no index, half texts."""
    texts = [query.text for query in ALL][: _EXACT_QUERIES // 2]
    embeddings = [model.encode_texts([text])[0] for text in texts]
    embeddings += [each.vector for each in drawn[-(_EXACT_QUERIES - len(embeddings)) :]]
    query_vectors = np.array(embeddings, np.float32)
    unit: Vectors = query_vectors / np.linalg.norm(query_vectors, axis=1, keepdims=True)
    return unit


async def _index_costs(stack: Stack, vectors: Vectors, query_vectors: Vectors) -> list[Figure]:
    """Bytes of the vectors on disk and in memory, and recall, by quantisation."""
    url = stack.environment("search")["PICHAVEN_ELASTICSEARCH_URL"]
    figures: list[Figure] = []
    exact = [set(np.argpartition(-(vectors @ one), TOP)[:TOP].tolist()) for one in query_vectors]
    async with httpx.AsyncClient(base_url=url, timeout=300) as http:
        for kind in _KINDS_OF_INDEX:
            name = f"bench-{kind.replace('_', '-')}"
            field = {
                "type": "dense_vector",
                "dims": vectors.shape[1],
                "similarity": "cosine",
                "index_options": {"type": kind, "m": 16, "ef_construction": 100},
            }
            mapping = {"properties": {"embedding": field}, "_source": {"enabled": False}}
            response = await http.put(
                f"/{name}",
                # Each kind of data in a file of its own, so that it can be told what is how large.
                json={
                    "settings": {"number_of_replicas": 0, "index.compound_format": False},
                    "mappings": mapping,
                },
            )
            response.raise_for_status()
            for start in range(0, len(vectors), 1000):
                lines = "".join(
                    f'{{"index":{{"_id":"{start + at}"}}}}\n{{"embedding":{one.tolist()}}}\n'
                    for at, one in enumerate(vectors[start : start + 1000])
                )
                answer = await http.post(
                    f"/{name}/_bulk",
                    content=lines,
                    headers={"Content-Type": "application/x-ndjson"},
                )
                assert not answer.json()["errors"], answer.text[:500]
            await http.post(f"/{name}/_forcemerge", params={"max_num_segments": 1})
            await http.post(f"/{name}/_refresh")
            await http.post(f"/{name}/_flush")
            settings = (await http.get(f"/{name}/_settings")).json()
            sizes = _vector_files(stack, settings[name]["settings"]["index"]["uuid"])
            hits = 0
            for one, right in zip(query_vectors, exact, strict=True):
                knn = knn_clause(one.tolist(), [], TOP, len(vectors))
                asking = {"query": {"knn": knn}, "size": TOP}
                answer = await http.post(f"/{name}/_search", json=asking)
                hits += len(right & {int(hit["_id"]) for hit in answer.json()["hits"]["hits"]})
            walked = next((each for each in _QUANTISED_FILES if each in sizes), ".vec")
            costs = {"disk": sum(sizes.values()), "memory": sizes[".vex"] + sizes[walked]}
            for what, size in costs.items():
                plain = f"{_KINDS_OF_INDEX[0]}_{what}_per_vector"
                value = size / len(vectors)
                floor = next((each.value for each in figures if each.name == plain), value)
                first = kind == _KINDS_OF_INDEX[0]
                figures.append(
                    Figure(
                        f"{kind}_{what}_per_vector",
                        value,
                        "bytes",
                        None if first else plain,
                        None if first else value / floor,
                    )
                )
            figures.append(
                Figure(f"{kind}_recall_at_10", hits / (TOP * len(query_vectors)), "0..1")
            )
            await http.delete(f"/{name}")
    return figures


def _vector_files(stack: Stack, uuid: str) -> dict[str, int]:
    """Bytes by kind of file, of those that hold vectors or their graph."""
    sizes: dict[str, int] = {}
    for file in _index_folder(stack, uuid).glob("*/index/*.ve*"):
        sizes[file.suffix] = sizes.get(file.suffix, 0) + file.stat().st_size
    return sizes


async def _store_size(stack: Stack, http: httpx.AsyncClient, index: str) -> int:
    """Bytes of all its files. What Elasticsearch tells of them is up to ten seconds old."""
    (await http.post(f"/{index}/_flush")).raise_for_status()
    settings = (await http.get(f"/{index}/_settings")).json()
    folder = _index_folder(stack, settings[index]["settings"]["index"]["uuid"])
    return sum(file.stat().st_size for file in folder.glob("*/index/*"))


async def _until_merged(http: httpx.AsyncClient) -> None:
    """Return when no merge has run for some seconds: of a bulk import, they take a core."""
    quiet_since = time.perf_counter()
    deadline = quiet_since + _MERGED_WITHIN_S
    while time.perf_counter() - quiet_since < _QUIET_S:
        assert time.perf_counter() < deadline, "Elasticsearch is still merging"
        merges = (await http.get("/_stats/merge")).raise_for_status().json()["_all"]["total"]
        if merges["merges"]["current"]:
            quiet_since = time.perf_counter()
        await asyncio.sleep(0.5)


def _index_folder(stack: Stack, uuid: str) -> Path:
    directory = data_directory(stack.directory / "data" / "elasticsearch")
    return directory / "data" / "indices" / uuid


async def _measure_quality(stack: Stack) -> list[Figure]:
    adapters = search_adapters(stack)
    try:
        model = await search_corpus.encoder(TINY_MODEL)
        print(f"drawing {_DRAWN} pictures", flush=True)
        drawn = search_corpus.drawn_pictures(_DRAWN, model)
        calibration = (await adapters.encoder.model()).calibration
        index = await adapters.indexes.get_searched()
        assert calibration is not None and index is not None
        return await _quality(adapters, index, drawn, model, calibration)
    finally:
        await adapters.close()


async def _measure_speed(stack: Stack) -> tuple[list[Figure], dict[str, str]]:
    """Return the figures, and the versions of what they are of."""
    adapters = search_adapters(stack)
    figures: list[Figure] = []
    versions = {"elasticsearch": stack.table.engines["elasticsearch"].version}
    try:
        model = await search_corpus.encoder(PHOTO_MODEL)
        print(f"drawing {_MIXED} pictures", flush=True)
        drawn = search_corpus.drawn_pictures(_MIXED, model)
        index = await adapters.indexes.get_searched()
        assert index is not None
        query_vectors = _query_vectors(model, drawn)
        vectors: Vectors = np.zeros((0, index.dimensions), np.float32)
        async with running_pgvector() as peer:
            if peer is not None:
                versions |= await peer.versions()
            for size in _SIZES:
                async with registered_client(stack.url) as person:
                    size_figures, vectors = await _at_size(
                        stack, adapters, index, person, drawn, query_vectors, size, peer
                    )
                    figures += size_figures
        figures += await _index_costs(stack, vectors[:_QUANTISED], query_vectors)
    finally:
        await adapters.close()
    return figures, versions


async def _quality(
    adapters: Adapters, index: Index, drawn: Sequence[Drawn], model: Any, calibration: Calibration
) -> list[Figure]:
    owner = new_id()
    events = list(search_corpus.labelled_library(owner, drawn, index.model))
    ids, _ = await _put(adapters, index, iter(events))
    photos = dict(zip(ids, drawn, strict=True))
    figures = await measure_quality(adapters.candidates, index, owner, photos, model, calibration)
    where = {changed.photo_id: changed.location for changed, _ in events}
    figures += await measure_places(adapters, owner, photos, where)
    hits: list[int] = []
    for start in range(0, len(OBJECTS), _ABSENT_AT_ONCE):
        queries = OBJECTS[start : start + _ABSENT_AT_ONCE]
        # What the photographs show is not known.
        lacking = [
            each
            for each in drawn
            if each.labels and not any(q.requires <= each.labels for q in queries)
        ]
        owner = new_id()
        await _put(adapters, index, search_corpus.labelled_library(owner, lacking, index.model))
        hits += await absent_hits(adapters.candidates, index, owner, queries, model, calibration)
    return [
        *figures,
        Figure("absent_things_answered_with_nothing", fmean(not each for each in hits), "share"),
        Figure("absent_things_hits", fmean(hits), "hits"),
    ]


async def _at_size(
    stack: Stack,
    adapters: Adapters,
    index: Index,
    person: ApiClient,
    drawn: Sequence[Drawn],
    query_vectors: Vectors,
    size: int,
    peer: Pgvector | None,
) -> tuple[list[Figure], Vectors]:
    prefix = f"n{size}"
    url = stack.environment("search")["PICHAVEN_ELASTICSEARCH_URL"]
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        before = await _store_size(stack, http, index.name)
        began = time.perf_counter()
        events = search_corpus.many(person.user_id, size, drawn, index.model)
        ids, vectors = await _put(adapters, index, events)
        seconds = time.perf_counter() - began
        index_bytes = await _store_size(stack, http, index.name) - before
        await _until_merged(http)
    # As the worker does after a quiet minute.
    await adapters.segments.merge(index)
    figures = [
        Figure(f"{prefix}_indexing_rate", size / seconds, "photos/s"),
        Figure(f"{prefix}_index_size", index_bytes / size, "bytes/photo"),
        Figure(
            f"{prefix}_recall_at_10",
            await _recall(adapters, index, person.user_id, ids, vectors, query_vectors),
            "0..1",
        ),
    ]
    await person.log_in()
    kinds = _kinds(stack, prefix, ids)
    floors: dict[tuple[str, int, str], float] = {}
    await warm(person.http, kinds)
    for concurrency in CONCURRENCY:
        for kind in kinds:
            figures += await measure(person.http, kind, concurrency, floors, (50, 95, 99))
    if peer is not None:
        figures += await compare_knn(
            prefix, stack, index.name, person.user_id, ids, vectors, query_vectors, peer
        )
    return figures, vectors


def main() -> None:
    figures, photographs = photo_figures()
    with running_platform(_SERVICES, encoder_only=True, PICHAVEN_CLIP_MODEL=TINY_MODEL) as stack:
        figures += asyncio.run(_measure_quality(stack))
    with running_platform(_SERVICES, encoder_only=True) as stack:
        speed, versions = asyncio.run(_measure_speed(stack))
    corpus = f"{photographs}; {_CORPUS}"
    write("search", figures + speed, corpus=corpus, versions=versions)


if __name__ == "__main__":
    main()
