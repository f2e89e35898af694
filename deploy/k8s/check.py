"""Run PicHaven on a Kubernetes node and use it: `python -m deploy.k8s.check`.

Images are built, the evaluation overlay is applied, the demo and the isolation tests pass, pods
are killed while photos are uploaded, every deployment is restarted, a new release is rolled out
and back under requests of which none may fail, and nothing is left. With `--previous REVISION` the
first release has the images of that revision of the project, else both have those of this checkout.
"""

import argparse
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.docker.engine import Engine, NoEngine, container_engine
from deploy.docker.engine_stand_ins import build_engine_images
from deploy.docker.images import TARGETS, build
from deploy.k8s.api_server import NoApiServer, build_program, go_build
from deploy.k8s.cluster import PAUSE, Cluster, cluster
from deploy.k8s.overlay import change

from pichaven_local.platform import PROJECT
from testing.acceptance import Library, say, survive_kills, use

ENGINES: Final = {
    "kafka": "apache/kafka",
    "elasticsearch": "docker.elastic.co/elasticsearch/elasticsearch",
    "mongo": "mongo",
    "storage": "versity/versitygw",
    "gateway": "traefik",
}
RELEASES: Final = ("1", "2")
UPLOADS: Final = 300
KILLED: Final = (
    *("upload-api", "upload-worker", "gallery-worker", "processing-worker", "search-worker"),
    *("gateway", "kafka-0", "mongo-0", "storage-0", "elasticsearch-0", "ml"),
)
_BETWEEN_KILLS_S: Final = 8
_READY_S: Final = 600
_REPLICATED: Final = ("gateway", "web", "identity-api", "upload-api", "gallery-api", "search-api")
_SETUP: Final = ("--selector", "app.kubernetes.io/component=setup")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m deploy.k8s.check")
    arguments.add_argument("--previous", metavar="REVISION", help="of the first release's images")
    previous = arguments.parse_args().previous
    # What is started is stopped, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="pichaven-k8s-") as name:
        folder = Path(name)
        try:
            build_program()
            with container_engine() as engine:
                archives = _build_images(engine, folder, previous)
            with cluster(folder / "node", archives["pause"]) as node:
                for archive in archives.values():
                    node.load(archive)
                    archive.unlink()
                platform = Platform(node, folder, has_engines="engines" in archives)
                try:
                    _check(platform)
                except Exception:
                    print(platform.describe(), file=sys.stderr)
                    raise
        except (NoEngine, NoApiServer) as error:
            print(f"left out: {error}")
    return 0


def _build_images(engine: Engine, folder: Path, previous: str | None) -> Mapping[str, Path]:
    """Return archives of images: both releases, the engines' stand-ins, a pod's first process."""
    with _checkout(folder, previous) as project:
        build(engine, TARGETS, RELEASES[0], project=project)
    build(engine, TARGETS, RELEASES[1])
    # Where there is a registry, the node takes the vendors' images from it.
    engines = build_engine_images(engine)
    for image in engines.values():
        # A node asks a registry for an image without a version.
        engine.run("tag", image, f"{image}:{RELEASES[0]}")
    pause = folder / "pause"
    pause.mkdir()
    go_build("./pause", pause / "pause")
    dockerfile = 'FROM scratch\nCOPY pause /\nENTRYPOINT ["/pause"]\n'
    engine.run("build", "-q", "-t", PAUSE, "-f", "-", str(pause), stdin=dockerfile)
    images = {
        "pause": [PAUSE],
        "engines": [f"{image}:{RELEASES[0]}" for image in engines.values()],
        "releases": [f"pichaven/{target}:{each}" for target in TARGETS for each in RELEASES],
    }
    archives = {}
    for name, names in images.items():
        if names:
            archives[name] = folder / f"{name}.tar"
            engine.run("save", "--output", str(archives[name]), *names)
    return archives


@contextmanager
def _checkout(folder: Path, revision: str | None) -> Iterator[Path]:
    """Yield a checkout of a revision, this one where none is named."""
    if revision is None:
        yield PROJECT
        return
    checkout = folder / "previous"
    git = ["git", "-C", str(PROJECT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(checkout), revision], check=True)
    try:
        yield checkout
    finally:
        subprocess.run([*git, "remove", "--force", str(checkout)], check=True)


class Platform:
    """The evaluation overlay on a node."""

    def __init__(self, node: Cluster, folder: Path, *, has_engines: bool) -> None:
        """`has_engines`: the node has the engines' stand-ins."""
        self._engines = ENGINES if has_engines else {}
        shutil.copytree(PROJECT / "deploy", folder / "deploy")
        self._overlay = folder / "deploy" / "k8s" / "overlays" / "evaluation"
        self._node, self._kubectl = node, node.kubectl
        node.add_volumes(len(ENGINES) - 1, "100Gi")
        self.kubectl("create", "namespace", "pichaven")
        key, secret = secrets.token_hex(10), secrets.token_hex(20)
        keys = (f"--from-literal=access-key-id={key}", f"--from-literal=secret-access-key={secret}")
        self.kubectl("create", "secret", "generic", "pichaven-storage", *keys)
        url = "--from-literal=url=mongodb://mongo:27017/?directConnection=true"
        self.kubectl("create", "secret", "generic", "pichaven-mongo", url)

    def kubectl(self, *arguments: str) -> str:
        return self._kubectl.run("--namespace=pichaven", *arguments)

    @property
    def url(self) -> str:
        address = "jsonpath={.spec.clusterIP}"
        return f"http://{self.kubectl('get', 'service', 'gateway', '--output', address)}"

    def install(self) -> float:
        """Apply the first release, wait until all is ready and return the seconds it took."""
        began = time.monotonic()
        self._name_images(RELEASES[0])
        self._apply()
        self.wait_ready()
        return time.monotonic() - began

    def change_to(self, release: str) -> float:
        """Apply a release as the README says and return the seconds it took."""
        began = time.monotonic()
        self._name_images(release)
        self._apply(*_SETUP)
        self.kubectl("wait", "--for=condition=complete", f"--timeout={_READY_S}s", "job", *_SETUP)
        self._apply()
        self.wait_ready()
        return time.monotonic() - began

    def restart(self) -> None:
        self.kubectl("rollout", "restart", "deployment")
        self.wait_ready()

    def replicate(self) -> None:
        """Have two of each that answers requests, as in production."""
        change(self._overlay, {"replicas": [{"name": n, "count": 2} for n in _REPLICATED]})
        self._apply()
        self.wait_ready()

    def kill(self, name: str) -> None:
        """Kill a pod of a deployment, or the pod of that name."""
        pods = self.kubectl("get", "pods", "--output=name").split()
        pod = next(each for each in pods if each.startswith(f"pod/{name}"))
        self.kubectl("delete", pod, "--grace-period=0", "--force")

    def describe(self) -> str:
        """Return the pods, and the last lines of what they wrote."""
        logs = (
            f"{log.parent.parent.name}:\n{log.read_text()[-1500:]}"
            for log in self._node.logs.glob("*/*/*.log")
        )
        return "\n".join([self.kubectl("get", "pods"), *logs])

    def wait_ready(self) -> None:
        for name in self.kubectl("get", "statefulset,deployment", "--output=name").split():
            self.kubectl("rollout", "status", name, f"--timeout={_READY_S}s")

    def _apply(self, *options: str) -> None:
        self._kubectl.run("apply", "--server-side", "-k", str(self._overlay), *options)

    def _name_images(self, release: str) -> None:
        services = [{"name": f"pichaven/{name}", "newTag": release} for name in TARGETS]
        engines = [
            {"name": image, "newName": f"pichaven-stand-in/{name}", "newTag": RELEASES[0]}
            for name, image in self._engines.items()
        ]
        change(self._overlay, {"images": services + engines})


def _check(platform: Platform) -> None:
    say(f"everything is ready after {platform.install():.0f} s")
    use(platform.url)
    library = survive_kills(platform.url, UPLOADS, platform.kill, KILLED, _BETWEEN_KILLS_S)
    platform.wait_ready()
    library.check()
    platform.replicate()
    with _requests(library, "every deployment is restarted"):
        platform.restart()
    for release in reversed(RELEASES):
        with _requests(library, f"release {release} is applied"):
            seconds = platform.change_to(release)
        say(f"release {release} is ready after {seconds:.0f} s")
    library.check()


@contextmanager
def _requests(library: Library, what: str) -> Iterator[None]:
    """Send requests meanwhile. Raises `AssertionError` where one fails."""
    with library.requests() as outcomes:
        yield
    say(f"{what}: {outcomes.total()} requests, {dict(outcomes)}")
    assert outcomes.keys() == {"200"}, outcomes


if __name__ == "__main__":
    sys.exit(main())
