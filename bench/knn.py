"""kNN alone, without the search service: Elasticsearch against PostgreSQL with pgvector.

Both return the ids of the ten nearest photos of an owner, from the same vectors of all owners.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import aiohttp
import numpy as np
import orjson
import psutil
from numpy.typing import NDArray

from bench.pgvector_peer import Pgvector
from bench.report import Figure, percentile
from bench.timing import CONCURRENCY
from pichaven_local.stack import Stack
from pichaven_search.audience import Audience
from pichaven_search.index.clauses import knn_clause, visible

TOP: Final = 10
_SECONDS: Final = 4.0
_ROUNDS_BEFORE: Final = 2
_EF_SEARCH: Final = (40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000)
"""pgvector's default to its maximum."""

Vectors = NDArray[np.float32]
Nearest = Callable[[int, NDArray[np.float32]], Awaitable[list[str]]]
"""Return the ids nearest to a vector; the client has a number."""


def exact_nearest(ids: Sequence[str], vectors: Vectors, query_vectors: Vectors) -> list[set[str]]:
    """Return the ids of the ten of highest cosine, for each query."""
    exact = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        {ids[at] for at in np.argpartition(-(exact @ vector), TOP)[:TOP]}
        for vector in query_vectors
    ]


async def compare_knn(
    prefix: str,
    stack: Stack,
    index: str,
    owner_id: str,
    ids: Sequence[str],
    vectors: Vectors,
    query_vectors: Vectors,
    peer: Pgvector,
) -> list[Figure]:
    """Return recall, milliseconds and CPU of both; the peer's against Elasticsearch's."""
    url = stack.environment("search")["PICHAVEN_ELASTICSEARCH_URL"]
    process = stack.component("elasticsearch").child
    assert process is not None
    await peer.load(url, index, vectors.shape[1])
    print(f"{len(ids)} photos in PostgreSQL", flush=True)
    exact = exact_nearest(ids, vectors, query_vectors)
    async with aiohttp.ClientSession() as session:
        audience = Audience(owner_id)

        async def elasticsearch(_client: int, vector: NDArray[np.float32]) -> list[str]:
            body = {
                "query": {"knn": knn_clause(vector.tolist(), visible(audience), TOP, len(ids))},
                "size": TOP,
                "track_total_hits": False,
                "_source": False,
                "stored_fields": "_none_",
                "docvalue_fields": ["id"],
            }
            async with session.post(
                f"{url}/{index}/_search",
                params={"routing": audience.routing},
                data=orjson.dumps(body),
                headers={"Content-Type": "application/json"},
            ) as response:
                hits = orjson.loads(await response.read())["hits"]["hits"]
            return [hit["fields"]["id"][0] for hit in hits]

        async def pgvector(client: int, vector: NDArray[np.float32]) -> list[str]:
            return await peer.nearest(client, owner_id, vector, TOP)

        assert await peer.uses_index(owner_id, query_vectors[0], TOP)
        recall = await _recall(elasticsearch, exact, query_vectors)
        ef_search, peer_recall = await _equal_recall(peer, pgvector, exact, query_vectors, recall)
        figures = [
            Figure(f"{prefix}_knn_elasticsearch_recall_at_10", recall, "0..1"),
            Figure(f"{prefix}_knn_pgvector_recall_at_10", peer_recall, "0..1"),
            Figure(f"{prefix}_knn_pgvector_ef_search", ef_search, "candidates"),
        ]
        sides = ((elasticsearch, process.pid), (pgvector, peer.pid))
        for nearest, pid in sides * _ROUNDS_BEFORE:
            await _measure(nearest, pid, query_vectors, max(CONCURRENCY))
        for clients in CONCURRENCY:
            ours, theirs = [
                await _measure(nearest, pid, query_vectors, clients) for nearest, pid in sides
            ]
            for what, value in ours.items():
                name = f"{prefix}_knn_elasticsearch_c{clients}_{what}"
                peer_name = f"{prefix}_knn_pgvector_c{clients}_{what}"
                unit = "ms CPU" if what == "cpu" else "ms"
                figures += [
                    Figure(name, value, unit),
                    Figure(peer_name, theirs[what], unit, name, theirs[what] / value),
                ]
                print(f"{name} {value:.2f}, pgvector {theirs[what]:.2f} {unit}", flush=True)
    return figures


async def _equal_recall(
    peer: Pgvector,
    pgvector: Nearest,
    exact: Sequence[set[str]],
    query_vectors: Vectors,
    recall: float,
) -> tuple[int, float]:
    """Set the smallest `ef_search` that gives the recall, or the largest; return both."""
    for ef_search in _EF_SEARCH:
        await peer.walk(ef_search)
        peer_recall = await _recall(pgvector, exact, query_vectors)
        if peer_recall >= recall:
            break
    return ef_search, peer_recall


async def _recall(nearest: Nearest, exact: Sequence[set[str]], query_vectors: Vectors) -> float:
    hits = 0
    for vector, right in zip(query_vectors, exact, strict=True):
        hits += len(right.intersection(await nearest(0, vector)))
    return hits / (TOP * len(query_vectors))


async def _measure(
    nearest: Nearest, pid: int, query_vectors: Vectors, clients: int
) -> dict[str, float]:
    """Return milliseconds by percentile, and CPU milliseconds of the server, of a search."""
    times: list[float] = []
    turns = itertools.cycle(query_vectors)

    async def ask(client: int) -> None:
        while time.perf_counter() - began < _SECONDS:
            vector = next(turns)
            sent = time.perf_counter()
            ids = await nearest(client, vector)
            times.append(time.perf_counter() - sent)
            assert len(ids) == TOP

    cpu, began = _cpu_s(pid), time.perf_counter()
    await asyncio.gather(*map(ask, range(clients)))
    cpu = _cpu_s(pid) - cpu
    return {
        "p50": 1000 * percentile(times, 0.5),
        "p95": 1000 * percentile(times, 0.95),
        "cpu": 1000 * cpu / len(times),
    }


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and all below it, those that have ended included."""
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:4]) for each in (process, *process.children(recursive=True)))
