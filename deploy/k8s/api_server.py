"""A Kubernetes API server on this machine: `python -m deploy.k8s.api_server` builds it.

Its parts are Debian's etcd and Kubernetes' own apiserver, built from Go modules (`node/`). It
validates, defaults and stores objects as in any cluster; there are no nodes, so nothing runs.
"""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pichaven_local.downloads import cache_directory
from pichaven_local.ports import free_ports
from pichaven_local.process import Child, Command

_SOURCE: Final = Path(__file__).parent / "node"
_VERSION: Final = "1.32.9"
_STAMP: Final = "k8s.io/component-base/version"
_READY_S: Final = 120
_KUBECTL_S: Final = 900
"""It may wait for what it asks for."""


class NoApiServer(Exception):
    """Raised where none can be run; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The client of a running API server, as its administrator."""

    configuration: Path

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Return the output. Raises `CalledProcessError`, with what kubectl said as a note."""
        process = subprocess.run(
            ["kubectl", f"--kubeconfig={self.configuration}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_KUBECTL_S,
            check=False,
        )
        try:
            process.check_returncode()
        except subprocess.CalledProcessError as error:
            error.add_note(process.stderr[-4000:])
            raise
        return process.stdout


def program() -> Path:
    """Return where the program of the node's components is, or will be built."""
    sources = hashlib.sha256(_VERSION.encode())
    for name in ("main.go", "go.mod", "go.sum"):
        sources.update((_SOURCE / name).read_bytes())
    return cache_directory() / "kubernetes" / sources.hexdigest()[:16] / "node"


def build_program() -> Path:
    """Build the program, once for all checkouts: thirteen minutes of a slow core.

    Raises `NoApiServer` where Go is missing.
    """
    target = program()
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_suffix(".new")
        go_build(".", staged)
        staged.rename(target)
    return target


def go_build(package: str, target: Path) -> None:
    """Build a program of `node/`. Raises `NoApiServer` where Go is missing."""
    go = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
    if go is None:
        raise NoApiServer("Go 1.23 or newer is not installed")
    values = {"gitVersion": f"v{_VERSION}", "gitMajor": "1", "gitMinor": _VERSION.split(".")[1]}
    flags = " ".join(f"-X {_STAMP}.{name}={value}" for name, value in values.items())
    subprocess.run(
        [go, "build", "-trimpath", "-ldflags", f"-s -w {flags}", "-o", str(target), package],
        cwd=_SOURCE,
        env=os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
        check=True,
    )


@contextmanager
def api_server(folder: Path) -> Iterator[Kubectl]:
    """Run an API server with its data in a folder.

    Raises `NoApiServer` where a part is missing: it builds nothing and installs nothing.
    """
    if not program().exists():
        raise NoApiServer("the API server is not built: python -m deploy.k8s.api_server")
    for name in ("etcd", "kubectl"):
        if shutil.which(name) is None:
            raise NoApiServer(f"{name} is not installed")
    with ExitStack() as stack:
        store, peers, port = free_ports(3)
        store_url, peers_url = (f"http://127.0.0.1:{each}" for each in (store, peers))
        start(
            stack,
            folder,
            "etcd",
            ["etcd", f"--data-dir={folder}/etcd", "--unsafe-no-fsync"],
            [f"--listen-client-urls={store_url}", f"--advertise-client-urls={store_url}"],
            [f"--listen-peer-urls={peers_url}", f"--initial-advertise-peer-urls={peers_url}"],
            [f"--initial-cluster=default={peers_url}"],
        )
        token = secrets.token_hex()
        (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        key, public = _write_keys(folder)
        server = start(
            stack,
            folder,
            "kube-apiserver",
            [
                component(folder, "kube-apiserver"),
                f"--etcd-servers={store_url}",
                f"--token-auth-file={folder}/tokens.csv",
            ],
            ["--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={folder}/pki"],
            ["--advertise-address=127.0.0.1", "--service-cluster-ip-range=10.96.0.0/16"],
            [f"--service-account-key-file={public}", f"--service-account-signing-key-file={key}"],
            ["--service-account-issuer=https://kubernetes.default.svc"],
            ["--authorization-mode=RBAC", "--endpoint-reconciler-type=none"],
        )
        kubectl = Kubectl(_write_configuration(folder, port, token))
        _wait_until_ready(kubectl, server, folder / "kube-apiserver.log")
        yield kubectl


def component(folder: Path, name: str) -> str:
    """Return the command of a component: the program by that name."""
    command = folder / "bin" / name
    command.parent.mkdir(exist_ok=True)
    command.symlink_to(program())
    return str(command)


def start(stack: ExitStack, folder: Path, name: str, *arguments: Sequence[str]) -> Child:
    """Run a part until the stack is left; its log is `NAME.log`."""
    line = [argument for group in arguments for argument in group]
    child = Child(Command(line, os.environ, folder), folder / f"{name}.log")
    stack.callback(child.stop)
    return child


def _wait_until_ready(kubectl: Kubectl, server: Child, log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            kubectl.run("get", "--raw", "/readyz")
        except subprocess.CalledProcessError:
            if server.exit_code is not None or time.monotonic() > deadline:
                raise NoApiServer(f"it did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.5)
        else:
            return


def _write_keys(folder: Path) -> tuple[Path, Path]:
    """Write the pair of keys that signs the tokens of service accounts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private, public = folder / "accounts.key", folder / "accounts.pub"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


def _write_configuration(folder: Path, port: int, token: str) -> Path:
    server = f"https://127.0.0.1:{port}"
    authority = str(folder / "pki" / "apiserver.crt")
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "local", "cluster": {"server": server, "certificate-authority": authority}}
        ],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": "admin"}}],
        "current-context": "local",
    }
    file = folder / "kubeconfig.json"
    file.write_text(json.dumps(configuration))
    return file


def main() -> int:
    try:
        print(build_program())
    except NoApiServer as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
