"""A person who uses PicHaven through its public gateway."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from pichaven_chassis.ids import new_id
from pichaven_chassis.testing import eventually

PASSWORD = "a long enough passphrase"


@dataclass
class Person:
    """One account; `http` is authenticated and rooted at /api/v1."""

    user_id: str
    email: str
    http: httpx.AsyncClient
    storage: httpx.AsyncClient
    tokens: dict[str, Any]

    async def json(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of an answer that must succeed."""
        answer = await self.http.request(method, path, **arguments)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    async def log_in_again(self) -> None:
        """For work that may take longer than a token lives."""
        self.tokens = await self.json(
            "POST", "/auth/login", json={"email": self.email, "password": PASSWORD}
        )
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"

    async def open_upload(self, name: str, data: bytes, **fields: Any) -> httpx.Response:
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
        size, sent = session["part_size"], []
        for part in session["parts"]:
            number = part["number"]
            if only is not None and number not in only:
                continue
            answer = await self.storage.put(
                part["url"],
                content=data[(number - 1) * size : number * size],
                headers={"Content-Type": "application/octet-stream"},
            )
            assert answer.status_code == 200, answer.text
            sent.append({"number": number, "etag": answer.headers["etag"].strip('"')})
        return sent

    async def upload(self, name: str, data: bytes, **fields: Any) -> str:
        """Upload in parts as a client does; the photo's id."""
        opened = await self.open_upload(name, data, **fields)
        assert opened.status_code == 201, opened.text
        session = opened.json()
        parts = await self.put_parts(session, data)
        answer = await self.json(
            "POST", f"/uploads/{session['upload_id']}/complete", json={"parts": parts}
        )
        return str(answer["photo_id"])

    async def photo(self, photo_id: str) -> dict[str, Any]:
        return dict(await self.json("GET", f"/photos/{photo_id}"))

    async def settled(self, photo_id: str, timeout_s: float = 60) -> dict[str, Any]:
        """The photo once it is ready or failed."""

        async def check() -> dict[str, Any] | None:
            answer = await self.http.get(f"/photos/{photo_id}")
            if answer.status_code != 200:
                return None
            photo = dict(answer.json())
            return photo if photo["status"] != "processing" else None

        return await eventually(check, f"photo {photo_id} settles", timeout_s)

    async def ready(self, photo_id: str, timeout_s: float = 60) -> dict[str, Any]:
        photo = await self.settled(photo_id, timeout_s)
        assert photo["status"] == "ready", photo
        return photo

    async def found(self, photo_id: str, timeout_s: float = 60, **query: Any) -> dict[str, Any]:
        """The search result of a photo, once search has it."""

        async def check() -> dict[str, Any] | None:
            answer = await self.json("GET", "/search", params={"limit": 200, **query})
            for item in answer["items"]:
                if item["photo"]["id"] == photo_id:
                    return dict(item)
            return None

        return await eventually(check, f"photo {photo_id} is found by {query}", timeout_s)

    async def analyzed(self, photo_id: str, timeout_s: float = 60) -> dict[str, Any]:
        """The photo once its embedding is made."""

        async def check() -> dict[str, Any] | None:
            photo = await self.photo(photo_id)
            return photo if photo["analysis"]["state"] == "done" else None

        return await eventually(check, f"photo {photo_id} is analyzed", timeout_s)


@asynccontextmanager
async def new_person(url: str) -> AsyncIterator[Person]:
    """A fresh account at a gateway."""
    email = f"{new_id()}@example.com"
    async with (
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=30) as http,
        httpx.AsyncClient(timeout=60) as storage,
    ):
        answer = await http.post(
            "/auth/register", json={"email": email, "password": PASSWORD, "name": "Test"}
        )
        assert answer.status_code == 201, answer.text
        tokens = answer.json()
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield Person(str(tokens["user"]["id"]), email, http, storage, tokens)
