"""The whole service on a real Mongo-wire database, without Kafka, by its own HTTP surface."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from pichaven_chassis.clock import utc_now
from pichaven_chassis.http import create_app
from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.outbox import OutboxRelay
from pichaven_chassis.runtime import Role, Service
from pichaven_chassis.testing import FakeClock, RecordingPublisher
from pichaven_identity.bootstrap import build
from pichaven_identity.settings import IdentitySettings

HOME = "203.0.113.7"
PASSWORD = "seven small herons"


def quick_settings(**changes: Any) -> IdentitySettings:
    """Cheap hashes; all else as in production."""
    return IdentitySettings(
        **{"argon2_time_cost": 1, "argon2_memory_kib": 64, "argon2_parallelism": 1, **changes}
    )


@dataclass
class Identity:
    service: Service
    http: httpx.AsyncClient
    database: MongoDatabase
    clock: FakeClock
    sent: RecordingPublisher

    async def register(self, email: str = "ada@example.org", **changes: str) -> dict[str, Any]:
        body = {"email": email, "password": PASSWORD, "name": "Ada", **changes}
        answer = await self.http.post(
            "/api/v1/auth/register", json=body, headers={"X-Forwarded-For": HOME}
        )
        assert answer.status_code == 201, answer.text
        self.http.cookies.clear()
        found: dict[str, Any] = answer.json()
        return found

    async def log_in(
        self, email: str = "ada@example.org", password: str = PASSWORD, address: str = HOME
    ) -> httpx.Response:
        answer = await self.http.post(
            "/api/v1/auth/login",
            json={"email": email, "password": password},
            headers={"X-Forwarded-For": address},
        )
        self.http.cookies.clear()
        return answer

    async def refresh(self, token: str) -> httpx.Response:
        answer = await self.http.post("/api/v1/auth/refresh", json={"refresh_token": token})
        self.http.cookies.clear()
        return answer

    async def audited(self) -> list[str]:
        events = self.database["audit"].find({}).sort("_id", 1)
        return [event["kind"] async for event in events]

    async def drain(self) -> None:
        relay: OutboxRelay = self.service.state["relay"]
        await relay.drain()


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


StartIdentity = Callable[..., Awaitable[Identity]]


@pytest_asyncio.fixture
async def start_identity(mongo_database: MongoDatabase) -> AsyncIterator[StartIdentity]:
    """Start the service, as many replicas as wanted, on the test's own database."""
    started: list[Identity] = []

    async def start(
        clock: FakeClock | None = None, role: Role = Role.ALL, **changes: Any
    ) -> Identity:
        clock = clock or FakeClock(utc_now())
        sent = RecordingPublisher()
        service = await build(
            role,
            settings=quick_settings(**changes),
            database=mongo_database,
            sender=sent,
            clock=clock,
        )
        for step in service.setup:
            await step()
        # 127.0.0.1 is a trusted proxy, as the gateway is.
        transport = httpx.ASGITransport(create_app(service), client=("127.0.0.1", 4711))
        http = httpx.AsyncClient(transport=transport, base_url="http://photos.example.org")
        identity = Identity(service, http, mongo_database, clock, sent)
        started.append(identity)
        return identity

    yield start
    for identity in started:
        await identity.http.aclose()
        for close in identity.service.close:
            await close()


@pytest_asyncio.fixture
async def identity(start_identity: StartIdentity) -> Identity:
    return await start_identity()
