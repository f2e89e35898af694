"""Run PicHaven by compose and use it as people and failures do: `python -m deploy.compose.check`.

Images are built, everything comes up, the demo and the isolation tests pass, processes are killed
while photos are uploaded, all is stopped and started again, a new release is rolled out, and
nothing is left. With `--quick`, for CI, it ends after the kills, and is left out where images are
not built yet or it takes more than ten minutes.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import yaml
from deploy.compose.client import Compose, NotReady
from deploy.docker.engine import Engine, NoEngine, container_engine
from deploy.docker.engine_stand_ins import build_engine_images
from deploy.docker.images import TARGETS, build

from pichaven_local.platform import PROJECT
from testing.acceptance import Library, say, survive_kills, use

PORT: Final = 18080
_ML: Final = "${PICHAVEN_ML_IMAGE:-ml}"
URL: Final = f"http://127.0.0.1:{PORT}"
UPLOADS: Final = 500
QUICK_UPLOADS: Final = 100
_QUICK_S: Final = 600
KILLED: Final = (
    *("upload-api", "upload-worker", "gallery-worker", "processing-worker", "search-worker"),
    *("gateway", "kafka", "mongo", "storage", "elasticsearch", "ml-worker"),
)
_BETWEEN_KILLS_S: Final = 4


class TooSlow(Exception):
    """Raised when a quick run has taken `_QUICK_S`."""


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m deploy.compose.check")
    arguments.add_argument("--quick", action="store_true", help="end after the kills")
    quick = arguments.parse_args().quick
    # What is started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if quick:
        signal.signal(signal.SIGALRM, _end_slow_run)
        signal.alarm(_QUICK_S)
    try:
        with container_engine() as engine:
            build(engine, TARGETS, "check")
            with _platform(engine) as compose:
                say(f"everything is healthy after {compose.up():.0f} s")
                library = _use(compose, QUICK_UPLOADS if quick else UPLOADS)
                signal.alarm(0)
                if not quick:
                    _change(compose, library)
    except (NoEngine, TooSlow) as error:
        print(f"left out: {error}")
        return 0
    except NotReady as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _end_slow_run(*_: object) -> None:
    raise TooSlow("it takes more than ten minutes here, perhaps since images are built anew")


@contextmanager
def _platform(engine: Engine) -> Iterator[Compose]:
    """Yield a project of this checkout with images of its own; remove it with its volumes."""
    engines = build_engine_images(engine)
    with tempfile.TemporaryDirectory(prefix="pichaven-compose-") as folder:
        override = Path(folder) / "images.yml"
        _write_images(override, engines, "check")
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


def _use(compose: Compose, uploads: int) -> Library:
    use(URL)

    def kill(service: str) -> None:
        process = compose.process(service)
        if process:
            os.kill(process, signal.SIGKILL)

    library = survive_kills(URL, uploads, kill, KILLED, _BETWEEN_KILLS_S)
    compose.wait_healthy()
    library.check()
    return library


def _change(compose: Compose, library: Library) -> None:
    """Stop and start everything, then put another release in its place."""
    compose.run("stop")
    say(f"stopped, and healthy again after {compose.up():.0f} s")
    library.check()
    build(compose.engine, TARGETS, "next")
    _write_images(compose.files[1], _images_of_engines(compose), "next")
    say(f"the next release is healthy after {compose.up():.0f} s")
    library.check()


def _images_of_engines(compose: Compose) -> dict[str, str]:
    services = yaml.safe_load(compose.files[1].read_text())["services"]
    return {
        name: each["image"]
        for name, each in services.items()
        if not each["image"].startswith("pichaven/")
    }


if __name__ == "__main__":
    sys.exit(main())
