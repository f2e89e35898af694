"""What is asked of a platform that runs elsewhere, by its address: it is used, and killed."""

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import httpx

from pichaven_chassis.ids import new_id
from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_local.platform import PROJECT
from testing.api_client import PASSWORD
from testing.images import jpeg
from testing.insistent_client import InsistentClient

_FOUND_WITHIN_S: Final = 900
_PAGE_SIZE: Final = 200
_BETWEEN_REQUESTS_S: Final = 0.1
_REQUESTS: Final = (
    ("GET", "/", None),
    ("GET", "/api/v1/me", None),
    ("GET", "/api/v1/photos?limit=1", None),
    ("GET", "/api/v1/search?q=photo&limit=1", None),
    ("POST", "/api/v1/uploads/check", {"sha256": ["0" * 64]}),
)
"""To the web client, identity, gallery, search, upload."""


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def use(url: str) -> None:
    """Run the demo and the isolation tests. Raises `CalledProcessError`."""
    environment = os.environ | {"PICHAVEN_TEST_URL": url}
    isolation = ["pytest", "-q", "-p", "no:xdist", "tests/end_to_end/test_isolation.py"]
    for arguments in (["demo", "--url", url], isolation):
        say(arguments[0])
        command = [sys.executable, "-m", *arguments]
        subprocess.run(command, cwd=PROJECT, env=environment, check=True)  # noqa: S603 - ours


class Library:
    """A new account, and the photos that it was promised."""

    def __init__(self, url: str) -> None:
        self._url, self._email = url, f"{new_id()}@example.com"
        self._client = InsistentClient(url, self._email)
        self._hashes: dict[str, str] = {}
        """SHA-256 of the originals, by photo id."""
        self.refused = 0
        visitor = Api(url)
        account = {"email": self._email, "password": PASSWORD, "name": "Check"}
        visitor.post("/auth/register", account)
        visitor.close()

    def upload(self, folder: Path) -> None:
        """Upload until each file is acknowledged."""
        receipts = self._client.upload(folder)
        self.refused = receipts.failures.total()
        for file, photo_id in receipts.photo_ids.items():
            self._hashes[photo_id] = hashlib.sha256(file.read_bytes()).hexdigest()

    def stop(self) -> None:
        """Give up an upload."""
        self._client.stop()

    def check(self) -> None:
        """Raise `AssertionError` unless every photo is ready, a search hit, and unchanged."""
        deadline = time.monotonic() + _FOUND_WITHIN_S
        while missing := self._missing():
            assert time.monotonic() < deadline, f"not ready or not found: {missing}"
            time.sleep(1)
        with self._client.connect() as api, httpx.Client(timeout=60) as storage:
            for photo_id, expected in self._hashes.items():
                url = api.get(f"/photos/{photo_id}")["original_url"]
                content = storage.get(url).raise_for_status().content
                assert hashlib.sha256(content).hexdigest() == expected, f"{photo_id} is changed"

    @contextmanager
    def requests(self) -> Iterator[Counter[str]]:
        """Send one request after another meanwhile, to each service, and count the outcomes."""
        ended = Event()
        outcomes: Counter[str] = Counter()

        def send() -> None:
            headers = self._log_in()
            with httpx.Client(base_url=self._url, headers=headers, timeout=30) as client:
                while not ended.wait(_BETWEEN_REQUESTS_S):
                    for method, path, body in _REQUESTS:
                        try:
                            response = client.request(method, path, json=body)
                        except httpx.HTTPError as error:
                            outcomes[f"{path}: {error!r}"] += 1
                        else:
                            fault = "" if response.is_success else f"{path}: "
                            outcomes[f"{fault}{response.status_code}"] += 1

        thread = Thread(target=send)
        thread.start()
        try:
            yield outcomes
        finally:
            ended.set()
            thread.join()

    def _log_in(self) -> dict[str, str]:
        account = {"email": self._email, "password": PASSWORD}
        response = httpx.post(f"{self._url}/api/v1/auth/login", json=account, timeout=30)
        return {"Authorization": f"Bearer {response.raise_for_status().json()['access_token']}"}

    def _missing(self) -> set[str]:
        try:
            with self._client.connect() as api:
                photos = _all_items(api, "/photos")
                hits = _all_items(api, "/search")
        except (ApiProblem, Unreachable):
            return set(self._hashes)
        ready = {photo["id"] for photo in photos if photo["status"] == "ready"}
        return self._hashes.keys() - (ready & {hit["photo"]["id"] for hit in hits})


def _all_items(api: Api, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.get(path, limit=_PAGE_SIZE, cursor=cursor)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def survive_kills(
    url: str, count: int, kill: Callable[[str], None], victims: Sequence[str], every_s: float
) -> Library:
    """Upload photos while each victim is killed once; return the library that has all of them."""
    rng = random.Random(count)
    library = Library(url)
    with (
        tempfile.TemporaryDirectory(prefix="pichaven-photos-") as name,
        ThreadPoolExecutor(1) as pool,
    ):
        for number in range(count):
            (Path(name) / f"photo-{number}.jpg").write_bytes(jpeg(number))
        uploading = pool.submit(library.upload, Path(name))
        try:
            for victim in rng.sample(victims, len(victims)):
                time.sleep(every_s)
                kill(victim)
                say(f"killed {victim}" + (", all is uploaded" if uploading.done() else ""))
            uploading.result()
        except BaseException:
            library.stop()
            raise
    say(f"{count} uploads are acknowledged; refused meanwhile: {library.refused or 'none'}")
    return library
