"""Cause the fault of each alert on a local stack, and see it fire: `make alert-drill`.

Prometheus reads the rules with times that are ten times shorter. Before the faults, no alert may
fire and every panel of the dashboards must have series. A disk that fills is not caused here; the
rule for it has a test with `promtool`.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx
import psutil
from aiokafka import AIOKafkaProducer
from deploy.observability.dashboards import panels
from deploy.observability.prometheus_server import (
    FOLDER,
    PrometheusServer,
    Target,
    faster,
    running_prometheus,
)

from pichaven_contracts.topics import PROCESSING
from pichaven_local.ports import Ports
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, registered_client
from testing.images import jpeg
from testing.polling import eventually
from testing.processes import running
from testing.running_stack import running as running_stack

SPEED: Final = 10
THRESHOLDS: Final = {
    "PhotoWaits": ("> 900", "> 90"),
    "ConsumerLag": ("> 100", "> 10"),
    "OutboxDelayed": ("> 30", "> 3"),
}
SERVICES: Final = ("identity", "upload", "gallery", "search", "processing", "ml")
PHOTOS: Final = 40
CLIENTS: Final = 6
FIRES_WITHIN_S: Final = 240
ENDS_WITHIN_S: Final = 240
QUIET_S: Final = 60


class Drill:
    """Faults one after another, each with the alerts that it must cause."""

    def __init__(self, stack: Stack, prometheus: PrometheusServer, person: ApiClient) -> None:
        self._stack = stack
        self._prometheus = prometheus
        self._person = person
        self.seconds_to_fire: dict[str, float] = {}
        """Seconds from a fault to its alert."""

    async def run(self) -> None:
        await self._no_fault()
        await self._processing_is_down_and_storage_away()
        await self._elasticsearch_hangs()
        await self._ml_is_down()
        await self._kafka_hangs()
        await self._a_record_is_malformed()
        await self._the_index_loses_a_photo()

    async def _no_fault(self) -> None:
        photo_ids = [await self._person.upload(f"pier-{n}.jpg", jpeg(31_000 + n)) for n in range(3)]
        for photo_id in photo_ids:
            await self._person.wait_until_analyzed(photo_id)
            await self._person.wait_for_hit(photo_id, q="pier")
        ended = time.monotonic() + QUIET_S
        while time.monotonic() < ended:
            await self._person.json("GET", "/search", params={"q": "pier"})
            await asyncio.sleep(0.5)
        assert not self._prometheus.alerts(), f"without a fault: {self._prometheus.alerts()}"
        for panel in panels():
            expression = panel.expression.replace("$__rate_interval", f"{2 * QUIET_S}s")
            series = self._prometheus.query(expression)
            assert series or panel.may_be_empty, f"no series: {panel.title}"
        print(f"no alert without a fault; {len(list(panels()))} panels have what they show")

    async def _processing_is_down_and_storage_away(self) -> None:
        processing, storage = map(self._stack.component, ("processing", "storage"))
        processing.kill()
        processing.stop()
        names = [f"wait-{n}.jpg" for n in range(PHOTOS)]
        for number, name in enumerate(names):
            await self._person.upload(name, jpeg(32_000 + number))
        async with self._fires("ProcessDown", service="processing"):
            pass
        with self._hanging("storage"):
            processing.start()
            async with self._fires("PhotoWaits"), self._fires("ConsumerLag"):
                pass
        assert storage.ready
        await self._ends("ProcessDown", "PhotoWaits", "ConsumerLag", "CheckFailing")

    async def _elasticsearch_hangs(self) -> None:
        with self._hanging("elasticsearch"):
            async with (
                self._requests(self._search),
                self._fires("CheckFailing", service="search"),
                self._fires("ServerErrors", service="search"),
                self._fires("SlowResponses", service="search"),
            ):
                pass
        await self._ends("CheckFailing", "ServerErrors", "SlowResponses")

    async def _ml_is_down(self) -> None:
        ml = self._stack.component("ml")
        ml.kill()
        ml.stop()
        async with self._requests(self._search), self._fires("DegradedSearches"):
            pass
        ml.start()
        await self._ends("DegradedSearches", "ProcessDown")

    async def _kafka_hangs(self) -> None:
        photo_id = (await self._person.json("GET", "/photos", params={"limit": 1}))["items"][0][
            "id"
        ]

        async def edit() -> None:
            body = {"caption": f"at {time.monotonic()}"}
            await self._person.http.patch(f"/photos/{photo_id}", json=body)

        async with self._fires("OutboxDelayed"):
            for _ in range(6):
                with self._hanging("kafka"):
                    ended = time.monotonic() + 8
                    while time.monotonic() < ended:
                        await edit()
                        await asyncio.sleep(0.2)
                await asyncio.sleep(4)
                if "OutboxDelayed" in self._prometheus.alerts():
                    break
        await self._ends("OutboxDelayed")

    async def _a_record_is_malformed(self) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{self._stack.ports.kafka}")
        await producer.start()
        try:
            await producer.send_and_wait(PROCESSING.name, b"{", key=b"no photo")
        finally:
            await producer.stop()
        async with self._fires("DeadLetters"):
            pass

    async def _the_index_loses_a_photo(self) -> None:
        url = self._stack.environment("search")["PICHAVEN_ELASTICSEARCH_URL"]
        every_moment = {
            "PICHAVEN_HTTP_PORT": "0",
            "PICHAVEN_GALLERY_INVENTORY_INTERVAL_S": "2",
            "PICHAVEN_GALLERY_INVENTORY_SETTLE_S": "1",
            "PICHAVEN_GALLERY_SWEEP_INTERVAL_S": "1",
        }
        async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as elastic:
            response = await elastic.post("/pichaven-photos-written/_search", json={"size": 1})
            hit = response.raise_for_status().json()["hits"]["hits"][0]
            address = f"/{hit['_index']}/_doc/{hit['_id']}"
            parameters = {"routing": hit["_routing"], "refresh": "true"}
            (await elastic.delete(address, params=parameters)).raise_for_status()
        worker = running(self._stack, "gallery", "worker", **every_moment)
        async with worker, self._fires("IndexDiffers"):
            pass

    async def _search(self) -> None:
        # Search keeps embeddings of queries, so each is another one.
        await self._person.http.get("/search", params={"q": f"pier {time.monotonic()}"})

    @contextmanager
    def _hanging(self, name: str) -> Iterator[None]:
        """Stop an engine in mid-work: its connections stay open and nothing answers."""
        parent = psutil.Process(self._stack.component(name).pid)
        processes = [parent, *parent.children(recursive=True)]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    @asynccontextmanager
    async def _requests(self, send: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Send requests all the time, several at once: one may take as long as a timeout."""

        async def go_on() -> None:
            while True:
                # What a fault makes of a request is not the question here.
                with suppress(httpx.HTTPError):
                    await send()
                await asyncio.sleep(0.2)

        tasks = [asyncio.create_task(go_on()) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    @asynccontextmanager
    async def _fires(self, alert: str, **labels: str) -> AsyncIterator[None]:
        """Return when the alert fires, after what the block does."""
        began = time.monotonic()
        yield

        def check() -> bool:
            firing = self._prometheus.alerts().get(alert, [])
            return any(labels.items() <= each.items() for each in firing)

        await eventually(check, f"{alert} fires", FIRES_WITHIN_S)
        self.seconds_to_fire[alert] = time.monotonic() - began
        print(f"{alert} fires {self.seconds_to_fire[alert]:.0f} s after its fault", flush=True)

    async def _ends(self, *alerts: str) -> None:
        await self._person.log_in()
        await eventually(
            lambda: not self._prometheus.alerts().keys() & set(alerts),
            f"{alerts} are over",
            ENDS_WITHIN_S,
        )


def targets(stack: Stack) -> list[Target]:
    """Return the processes of a local stack that export metrics."""
    addresses = {name: getattr(stack.ports, name) for name in SERVICES}
    return [
        *(Target("pichaven", name, f"127.0.0.1:{port}") for name, port in addresses.items()),
        Target("gateway", "gateway", f"127.0.0.1:{stack.ports.gateway_operations}"),
    ]


async def _run(stack: Stack, prometheus: PrometheusServer) -> None:
    async with registered_client(stack.url) as person:
        await Drill(stack, prometheus, person).run()


def main() -> None:
    rules = faster((FOLDER / "rules.yml").read_text(), SPEED, THRESHOLDS)
    with tempfile.TemporaryDirectory(prefix="pichaven-drill-") as name:
        stack = Stack(Path(name), ports=Ports.free())
        with running_stack(stack), running_prometheus(targets(stack), rules) as prometheus:
            asyncio.run(_run(stack, prometheus))


if __name__ == "__main__":
    main()
