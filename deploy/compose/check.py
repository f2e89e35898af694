"""Run PicHaven by compose and use it as people and failures do: `python -m deploy.compose.check`.

Images are built, everything comes up, the demo and the isolation tests pass, processes are killed
while photos are uploaded, all is stopped and started again, a new release is rolled out, and
nothing is left.
"""

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import yaml
from deploy.compose.client import Compose, NotReady
from deploy.docker.engine import Engine, NoEngine, container_engine
from deploy.docker.engine_stand_ins import build_engine_images
from deploy.docker.images import build
from deploy.docker.stand_ins import can_pull

from pichaven_chassis.ids import new_id
from pichaven_cli.api import Api, ApiProblem, Unreachable
from pichaven_local.platform import PROJECT
from testing.api_client import PASSWORD
from testing.images import jpeg
from testing.insistent_client import InsistentClient

TARGETS: Final = ("service", "processing", "ml", "web")
PORT: Final = 18080
_ML: Final = "${PICHAVEN_ML_IMAGE:-ml}"
URL: Final = f"http://127.0.0.1:{PORT}"
UPLOADS: Final = 150
KILLED: Final = (
    *("upload-api", "upload-worker", "gallery-worker", "processing-worker", "search-worker"),
    *("gateway", "kafka", "mongo", "storage", "elasticsearch", "ml-worker"),
)
_BETWEEN_KILLS_S: Final = 4
_FOUND_WITHIN_S: Final = 300


def main() -> int:
    # What is started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with container_engine() as engine, _platform(engine) as compose:
            _say(f"everything is healthy after {compose.up():.0f} s")
            _check(compose)
    except NoEngine as error:
        print(f"left out: {error}")
        return 0
    except NotReady as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@contextmanager
def _platform(engine: Engine) -> Iterator[Compose]:
    """Yield a project of this checkout with images of its own; remove it with its volumes."""
    build(engine, TARGETS, "check")
    images = {} if can_pull(engine) else build_engine_images(engine)
    with tempfile.TemporaryDirectory(prefix="pichaven-compose-") as folder:
        override = Path(folder) / "images.yml"
        _write_images(override, images, "check")
        compose = Compose(
            engine,
            "pichaven-check",
            [PROJECT / "docker-compose.yml", override],
            {"PICHAVEN_PORT": str(PORT)},
        )
        try:
            yield compose
        finally:
            compose.run("down", "--volumes", "--remove-orphans", "--timeout", "20")


def _write_images(file: Path, engines: Mapping[str, str], version: str) -> None:
    """Write the compose file that names the images to run."""
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    images = {
        name: f"pichaven/{service['image'].rpartition('/')[2].replace(_ML, 'ml')}:{version}"
        for name, service in services.items()
        if service["image"].startswith("localhost/")
    } | dict(engines)
    file.write_text(yaml.safe_dump({"services": {k: {"image": v} for k, v in images.items()}}))


def _check(compose: Compose) -> None:
    _run("the demo", "-m", "demo", "--url", URL)
    _run("isolation", "-m", "pytest", "-q", "-p", "no:xdist", "tests/end_to_end/test_isolation.py")
    with tempfile.TemporaryDirectory(prefix="pichaven-photos-") as folder:
        for number in range(UPLOADS):
            (Path(folder) / f"photo-{number}.jpg").write_bytes(jpeg(number))
        library = _survive_kills(compose, Path(folder))
    compose.run("stop")
    _say(f"stopped, and healthy again after {compose.up():.0f} s")
    library.check()
    build(compose.engine, TARGETS, "next")
    _write_images(compose.files[1], _images_of_engines(compose), "next")
    _say(f"the next release is healthy after {compose.up():.0f} s")
    library.check()


def _images_of_engines(compose: Compose) -> dict[str, str]:
    services = yaml.safe_load(compose.files[1].read_text())["services"]
    return {
        name: each["image"]
        for name, each in services.items()
        if not each["image"].startswith("pichaven/")
    }


def _run(what: str, *arguments: str) -> None:
    _say(what)
    environment = os.environ | {"PICHAVEN_TEST_URL": URL}
    subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=environment, check=True)


def _survive_kills(compose: Compose, folder: Path) -> "Library":
    """Upload a folder while processes are killed; return the library that must hold all of it."""
    rng = random.Random(UPLOADS)
    library = Library(URL)
    with ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(library.upload, folder)
        for service in rng.sample(KILLED, len(KILLED)):
            time.sleep(_BETWEEN_KILLS_S)
            process = compose.process(service)
            if process:
                os.kill(process, signal.SIGKILL)
                _say(f"killed {service}")
        uploading.result()
    compose.wait_healthy()
    _say(f"{UPLOADS} uploads are acknowledged; refused meanwhile: {library.refused or 'none'}")
    library.check()
    return library


class Library:
    """A new account, and the photos that it was promised."""

    def __init__(self, url: str) -> None:
        email = f"{new_id()}@example.com"
        self._client = InsistentClient(url, email)
        self._hashes: dict[str, str] = {}
        """SHA-256 of the originals, by photo id."""
        self.refused = 0
        visitor = Api(url)
        account = {"email": email, "password": PASSWORD, "name": "Check"}
        visitor.post("/auth/register", account)
        visitor.close()

    def upload(self, folder: Path) -> None:
        """Upload until each file is acknowledged."""
        receipts = self._client.upload(folder)
        self.refused = receipts.failures.total()
        for file, photo_id in receipts.photo_ids.items():
            self._hashes[photo_id] = hashlib.sha256(file.read_bytes()).hexdigest()

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

    def _missing(self) -> set[str]:
        try:
            with self._client.connect() as api:
                photos = api.get("/photos", limit=200)["items"]
                hits = api.get("/search", limit=200)["items"]
        except (ApiProblem, Unreachable):
            return set(self._hashes)
        ready = {photo["id"] for photo in photos if photo["status"] == "ready"}
        return self._hashes.keys() - (ready & {hit["photo"]["id"] for hit in hits})


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
