"""Upload's part of the API in memory, for tests of clients."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from testing.http_server import respond_with

PART: Final = 1000


class UploadApi:
    """Upload sessions by hash, parts by number; `fail` has the statuses of the next responses.

    It is a handler of `httpx.MockTransport`; `listening` serves it over HTTP.
    """

    def __init__(self) -> None:
        self.photos: dict[str, str] = {}
        self.open: dict[str, dict[int, bytes]] = {}
        self.sizes: dict[str, int] = {}
        """As announced, by hash."""
        self.fail: list[int] = []
        self.sidecars: dict[str, bytes] = {}
        """By hash of the photo."""
        self.puts = 0
        self.may_read = True
        self.down = False
        self.refused = 0
        """Requests, while the server was down or the quota was used up."""
        self.quota_used_up = False
        self.address = "http://storage"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            self.refused += 1
            raise httpx.ConnectError("refused", request=request)
        if self.fail:
            return httpx.Response(self.fail.pop(0), headers={"Retry-After": "0"})
        path = request.url.path.removeprefix("/api/v1")
        if path.endswith("/sidecar"):
            return self._put_sidecar(path.split("/")[2], request.content)
        if request.method == "PUT":
            return self._put(request)
        body = json.loads(request.content) if request.content else {}
        if path == "/uploads/check" and not self.may_read:
            return httpx.Response(403, json={"code": "insufficient_scope", "detail": "No."})
        if path == "/uploads/check":
            items = [
                {"sha256": sha, "photo_id": self.photos[sha]}
                for sha in body["sha256"]
                if sha in self.photos
            ]
            return httpx.Response(200, json={"items": items})
        if path == "/uploads":
            return self._open(body)
        upload_id = path.split("/")[2]
        if path.endswith("/complete"):
            return self._complete(upload_id, body)
        parts = [
            {"number": number, "etag": hashlib.md5(data, usedforsecurity=False).hexdigest()}
            for number, data in self.open[upload_id].items()
        ]
        return httpx.Response(200, json={"parts": parts})

    def _open(self, body: dict[str, object]) -> httpx.Response:
        sha, size = str(body["sha256"]), int(str(body["size"]))
        if self.quota_used_up:
            self.refused += 1
            problem = {"code": "quota_exceeded", "detail": "The quota is used up."}
            return httpx.Response(422, json=problem)
        if size == 0:
            problem = {"code": "empty_file", "detail": "The file is empty."}
            return httpx.Response(422, json=problem)
        if sha in self.photos:
            return httpx.Response(200, json={"duplicate_of": self.photos[sha]})
        self.open.setdefault(sha, {})
        self.sizes[sha] = size
        numbers = range(1, -(-size // PART) + 1)
        parts = [
            {"number": number, "url": f"{self.address}/{sha}?partNumber={number}"}
            for number in numbers
        ]
        session = {"upload_id": sha, "photo_id": f"p-{sha}", "part_size": PART, "parts": parts}
        return httpx.Response(201, json=session)

    def _put(self, request: httpx.Request) -> httpx.Response:
        self.puts += 1
        number = int(parse_qs(urlsplit(str(request.url)).query)["partNumber"][0])
        upload_id = request.url.path.strip("/")
        # The URL of a part is signed for its length.
        if len(request.content) != min(PART, self.sizes[upload_id] - (number - 1) * PART):
            return httpx.Response(403)
        self.open[upload_id][number] = request.content
        return httpx.Response(
            200, headers={"ETag": hashlib.md5(request.content, usedforsecurity=False).hexdigest()}
        )

    def _put_sidecar(self, upload_id: str, data: bytes) -> httpx.Response:
        if not data.startswith(b"<"):
            problem = {"code": "invalid_sidecar", "detail": "A sidecar is an XMP file."}
            return httpx.Response(422, json=problem)
        self.sidecars[upload_id] = data
        return httpx.Response(204)

    def _complete(self, upload_id: str, body: dict[str, list[dict[str, object]]]) -> httpx.Response:
        data = b"".join(self.open[upload_id][int(str(part["number"]))] for part in body["parts"])
        assert hashlib.sha256(data).hexdigest() == upload_id
        self.photos[upload_id] = f"p-{upload_id}"
        return httpx.Response(202, json={"photo_id": f"p-{upload_id}"})


@contextmanager
def listening(api: UploadApi, port: int = 0) -> Iterator[str]:
    """Serve the API on the loopback interface and yield its address."""

    with respond_with(api, port) as api.address:
        yield api.address
