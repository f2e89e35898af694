"""The whole service on a real Mongo-wire database, through its HTTP interface."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest_asyncio

from pichaven_chassis.auth import Authenticator
from pichaven_chassis.http import create_app
from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.runtime import Role, Service
from pichaven_identity.bootstrap import build
from pichaven_identity.settings import IdentitySettings
from testing.fake_clock import FakeClock

HOME = "203.0.113.7"
PASSWORD = "seven small herons"


def quick_settings(**changes: Any) -> IdentitySettings:
    """Cheap hashes; everything else as in production."""
    return IdentitySettings(
        **{"argon2_time_cost": 1, "argon2_memory_kib": 64, "argon2_parallelism": 1, **changes}
    )


@dataclass
class Identity:
    service: Service
    http: httpx.AsyncClient
    database: MongoDatabase
    clock: FakeClock

    async def register(self, email: str = "ada@example.org", **changes: str) -> dict[str, Any]:
        body = {"email": email, "password": PASSWORD, "name": "Ada", **changes}
        response = await self.http.post(
            "/api/v1/auth/register", json=body, headers={"X-Forwarded-For": HOME}
        )
        assert response.status_code == 201, response.text
        self.http.cookies.clear()
        session: dict[str, Any] = response.json()
        return session

    async def log_in(
        self,
        email: str = "ada@example.org",
        password: str = PASSWORD,
        address: str = HOME,
        **fields: str,
    ) -> httpx.Response:
        response = await self.http.post(
            "/api/v1/auth/login",
            json={"email": email, "password": password, **fields},
            headers={"X-Forwarded-For": address},
        )
        self.http.cookies.clear()
        return response

    async def refresh(self, token: str) -> httpx.Response:
        response = await self.http.post("/api/v1/auth/refresh", json={"refresh_token": token})
        self.http.cookies.clear()
        return response

    @property
    def authenticator(self) -> Authenticator:
        assert self.service.authenticator is not None
        return self.service.authenticator

    async def audit_kinds(self) -> list[str]:
        events = self.database["audit"].find({}).sort("_id", 1)
        return [event["kind"] async for event in events]


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def prove(problem: dict[str, Any], email: str) -> str:
    """Return the proof that a problem demands."""
    for nonce in count():
        text = f"{problem['proof_minute']}:{email}:{nonce}"
        digest = int.from_bytes(hashlib.sha256(text.encode()).digest())
        if digest >> (256 - int(problem["proof_bits"])) == 0:
            return f"{problem['proof_minute']}:{nonce}"
    raise AssertionError("count() does not end")


StartIdentity = Callable[..., Awaitable[Identity]]


@pytest_asyncio.fixture
async def start_identity(mongo_database: MongoDatabase) -> AsyncIterator[StartIdentity]:
    """Start any number of replicas of the service on the test's database."""
    started: list[Identity] = []

    async def start(
        clock: FakeClock | None = None, role: Role = Role.ALL, **changes: Any
    ) -> Identity:
        clock = clock or FakeClock()
        service = await build(
            role,
            settings=quick_settings(**changes),
            database=mongo_database,
            clock=clock,
        )
        for step in service.setup:
            await step()
        # 127.0.0.1 is a trusted proxy, like the gateway.
        transport = httpx.ASGITransport(create_app(service), client=("127.0.0.1", 4711))
        http = httpx.AsyncClient(transport=transport, base_url="http://photos.example.org")
        identity = Identity(service, http, mongo_database, clock)
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
