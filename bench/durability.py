"""What a journaled write costs, and what a write that is not journaled loses by a kill."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

import psutil
from pydantic import SecretStr
from pymongo import WriteConcern
from pymongo.errors import PyMongoError

from bench.report import Figure, percentile, write
from pichaven_chassis.mongo import MongoCollection, close, connect
from pichaven_chassis.settings import MongoSettings
from pichaven_local.engines.mongo import mongo_command
from pichaven_local.ports import Ports
from pichaven_local.probes import tcp_probe
from pichaven_local.process import Child
from testing.polling import eventually

CORPUS: Final = (
    "documents of 1 KiB, inserted one after another and by 8 clients, in turns of 300 with"
    " and without the journal, 6 each; kills amid inserts by 4 clients after 400 acknowledgements"
)
_CONCERNS: Final = {
    "majority_alone": WriteConcern("majority"),
    "journaled": WriteConcern("majority", j=True),
}
_BASELINE: Final = "majority_alone"
_WRITES: Final = 300
_ROUNDS: Final = 6
_CLIENTS: Final = (1, 8)
_KILLS: Final = 3
_BEFORE_KILL: Final = 400
_WRITERS: Final = 4
_BODY: Final = "x" * 1024


@asynccontextmanager
async def _server(folder: Path, ports: Ports) -> AsyncIterator[Child]:
    child = Child(mongo_command(folder, ports), folder.with_suffix(".log"))
    try:
        await eventually(tcp_probe(ports.mongo), "the server answers", 120)
        yield child
    finally:
        await asyncio.to_thread(child.stop)


@asynccontextmanager
async def _collections(ports: Ports) -> AsyncIterator[dict[str, MongoCollection]]:
    """Yield a collection for each concern; the journaled one has that of the services."""
    url = SecretStr(f"mongodb://127.0.0.1:{ports.mongo}/?directConnection=true")
    database = connect(MongoSettings(url=url, timeout_ms=5_000), "durability")
    assert database.write_concern == _CONCERNS["journaled"]
    yield {
        name: database.get_collection(name, write_concern=concern)
        for name, concern in _CONCERNS.items()
    }
    await close(database)


async def _insert(collection: MongoCollection, clients: int) -> list[float]:
    """Return the seconds of each insert."""
    seconds: list[float] = []

    async def client() -> None:
        for _ in range(_WRITES // clients):
            began = time.perf_counter()
            await collection.insert_one({"body": _BODY})
            seconds.append(time.perf_counter() - began)

    await asyncio.gather(*(client() for _ in range(clients)))
    return seconds


def _cpu_s(child: Child) -> float:
    times = psutil.Process(child.pid).cpu_times()
    return times.user + times.system


async def _costs(folder: Path, ports: Ports) -> list[Figure]:
    latencies: dict[tuple[str, int], list[float]] = {}
    cpu: dict[tuple[str, int], list[float]] = {}
    async with _server(folder, ports) as child, _collections(ports) as collections:
        for turn in range(_ROUNDS + 1):
            for clients in _CLIENTS:
                for name, collection in collections.items():
                    before = _cpu_s(child)
                    seconds = await _insert(collection, clients)
                    if turn:  # the first round warms up
                        latencies.setdefault((name, clients), []).extend(seconds)
                        spent = (_cpu_s(child) - before) / len(seconds)
                        cpu.setdefault((name, clients), []).append(spent)
    figures: list[Figure] = []
    for clients in _CLIENTS:
        of_one = {name: latencies[name, clients] for name in _CONCERNS}
        parts = {
            "p50": {name: percentile(values, 0.5) for name, values in of_one.items()},
            "p95": {name: percentile(values, 0.95) for name, values in of_one.items()},
            "server_cpu": {name: median(cpu[name, clients]) for name in _CONCERNS},
        }
        for part, values in parts.items():
            base = f"{_BASELINE}_{part}_{clients}_clients"
            figures.append(Figure(base, values[_BASELINE] * 1000, "ms/write"))
            ratio = values["journaled"] / values[_BASELINE]
            name = f"journaled_{part}_{clients}_clients"
            figures.append(Figure(name, values["journaled"] * 1000, "ms/write", base, ratio))
    return figures


async def _lost_by_kills(folder: Path, ports: Ports, name: str) -> tuple[int, int]:
    """Return how many writes were acknowledged, and how many of them the kills have lost."""
    acknowledged: set[str] = set()
    for kill in range(_KILLS):
        async with _server(folder, ports) as child, _collections(ports) as collections:
            before = len(acknowledged)

            async def client(
                number: int,
                kill: int = kill,
                child: Child = child,
                collection: MongoCollection = collections[name],
                before: int = before,
            ) -> None:
                for count in range(_BEFORE_KILL * 10):
                    key = f"{kill}-{number}-{count}"
                    try:
                        await collection.insert_one({"_id": key, "body": _BODY})
                    except PyMongoError:
                        return
                    acknowledged.add(key)
                    if len(acknowledged) - before >= _BEFORE_KILL and child.exit_code is None:
                        child.kill()

            await asyncio.gather(*map(client, range(_WRITERS)))
    async with _server(folder, ports), _collections(ports) as collections:
        stored = {each["_id"] async for each in collections[name].find({}, {"_id": 1})}
    return len(acknowledged), len(acknowledged - stored)


async def _run(folder: Path) -> list[Figure]:
    ports = Ports.free()
    figures = await _costs(folder / "costs", ports)
    for name in _CONCERNS:
        acknowledged, lost = await _lost_by_kills(folder / name, ports, name)
        figures += [
            Figure(f"{name}_acknowledged", acknowledged, "writes"),
            Figure(f"{name}_lost_by_{_KILLS}_kills", lost, "writes"),
        ]
    return figures


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-") as name:
        figures = asyncio.run(_run(Path(name)))
        engine = (Path(name) / "costs" / "engine").read_text().strip()
    write("durability", figures, corpus=f"{CORPUS}; server {engine}")


if __name__ == "__main__":
    main()
