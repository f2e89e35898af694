"""A client of the public API for one account."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from pichaven_chassis.ids import new_id
from testing.polling import eventually

PASSWORD: Final = "a long enough passphrase"


@dataclass
class ApiClient:
    """One logged-in account. `http` is rooted at /api/v1, `storage` takes presigned URLs."""

    user_id: str
    email: str
    http: httpx.AsyncClient
    storage: httpx.AsyncClient
    tokens: dict[str, Any]

    async def json(self, method: str, path: str, **arguments: Any) -> Any:
        """Return the JSON of a response, which must be a success."""
        response = await self.http.request(method, path, **arguments)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response.json() if response.content else None

    async def log_in(self) -> None:
        """Renew the tokens, for work that may take longer than an access token is valid."""
        self.tokens = await self.json(
            "POST", "/auth/login", json={"email": self.email, "password": PASSWORD}
        )
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"

    async def open_upload(self, name: str, data: bytes, **fields: Any) -> httpx.Response:
        """Open an upload session; `fields` override those that the data implies."""
        body = {
            "filename": name,
            "size": len(data),
            "content_type": "application/octet-stream",
            "sha256": hashlib.sha256(data).hexdigest(),
            "on_duplicate": "skip",
        }
        return await self.http.post("/uploads", json=body | fields)

    async def put_parts(
        self, session: dict[str, Any], data: bytes, *, only: set[int] | None = None
    ) -> list[dict[str, Any]]:
        """Put a session's parts into storage and return their numbers and ETags."""
        size, parts = session["part_size"], []
        for part in session["parts"]:
            number = part["number"]
            if only is not None and number not in only:
                continue
            response = await self.storage.put(
                part["url"],
                content=data[(number - 1) * size : number * size],
                headers={"Content-Type": "application/octet-stream"},
            )
            assert response.status_code == 200, response.text
            parts.append({"number": number, "etag": response.headers["etag"].strip('"')})
        return parts

    async def upload(self, name: str, data: bytes, **fields: Any) -> str:
        """Upload in parts and return the photo's id."""
        response = await self.open_upload(name, data, **fields)
        assert response.status_code == 201, response.text
        session = response.json()
        parts = await self.put_parts(session, data)
        receipt = await self.json(
            "POST", f"/uploads/{session['upload_id']}/complete", json={"parts": parts}
        )
        return str(receipt["photo_id"])

    async def photo(self, photo_id: str) -> dict[str, Any]:
        return dict(await self.json("GET", f"/photos/{photo_id}"))

    async def wait_until_processed(self, photo_id: str, timeout_s: float = 60) -> dict[str, Any]:
        """Return the photo once it is ready or failed."""

        async def processed_photo() -> dict[str, Any]:
            response = await self.http.get(f"/photos/{photo_id}")
            assert response.status_code == 200, response.text
            photo = dict(response.json())
            assert photo["status"] != "processing", photo
            return photo

        return await eventually(processed_photo, f"photo {photo_id} is processed", timeout_s)

    async def wait_until_ready(self, photo_id: str, timeout_s: float = 60) -> dict[str, Any]:
        """Return the photo once it is processed, which must not have failed."""
        photo = await self.wait_until_processed(photo_id, timeout_s)
        assert photo["status"] == "ready", photo
        return photo

    async def wait_until_analyzed(self, photo_id: str, timeout_s: float = 60) -> dict[str, Any]:
        """Return the photo once it has an embedding."""

        async def analyzed_photo() -> dict[str, Any]:
            photo = await self.photo(photo_id)
            assert photo["analysis"]["state"] == "done", photo["analysis"]
            return photo

        return await eventually(analyzed_photo, f"photo {photo_id} is analyzed", timeout_s)

    async def wait_for_hit(
        self, photo_id: str, timeout_s: float = 60, **query: Any
    ) -> dict[str, Any]:
        """Return a photo's search hit once the query has it."""

        async def hit() -> dict[str, Any]:
            page = await self.json("GET", "/search", params={"limit": 200, **query})
            hits = {item["photo"]["id"]: dict(item) for item in page["items"]}
            assert photo_id in hits, f"{len(hits)} other hits"
            return hits[photo_id]

        return await eventually(hit, f"{query} has photo {photo_id} as a hit", timeout_s)


@asynccontextmanager
async def registered_client(url: str) -> AsyncIterator[ApiClient]:
    """Register a new account at a gateway and yield its client."""
    email = f"{new_id()}@example.com"
    async with _http_clients(url) as (http, storage):
        response = await http.post(
            "/auth/register", json={"email": email, "password": PASSWORD, "name": "Test"}
        )
        assert response.status_code == 201, response.text
        tokens = response.json()
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield ApiClient(str(tokens["user"]["id"]), email, http, storage, tokens)


@asynccontextmanager
async def logged_in_client(url: str, account: ApiClient) -> AsyncIterator[ApiClient]:
    """Log in an account at another gateway that has it too and yield its client there."""
    async with _http_clients(url) as (http, storage):
        client = ApiClient(account.user_id, account.email, http, storage, {})
        await client.log_in()
        yield client


@asynccontextmanager
async def _http_clients(url: str) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    async with (
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=30) as http,
        httpx.AsyncClient(timeout=60) as storage,
    ):
        yield http, storage
