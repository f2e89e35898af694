"""Build PicHaven's images and check what they promise: `python -m deploy.docker.images`."""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from deploy.docker.engine import Engine, NoEngine, container_engine
from deploy.docker.stand_ins import build_base_images

from pichaven_local.platform import PROJECT

LARGEST_MB: Final = {"service": 500, "processing": 650, "ml": 1000, "web": 600}
"""Of the images that everybody builds, on stand-ins, which are larger than the vendors' images."""
TARGETS: Final = tuple(LARGEST_MB)
_USER: Final = "65532:65532"
_NOT_INSTALLED: Final = ("pip", "setuptools", "wheel", "uv", "torch")
_WITH_TORCH: Final = "ml-open-clip"
_LABELS: Final = ("title", "version", "revision")
_SBOM: Final = "/opt/pichaven/sbom.cdx.json"
_CONFINED: Final = (
    *("--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp"),  # noqa: S108
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


def build(engine: Engine, targets: Sequence[str], version: str, *, project: Path = PROJECT) -> None:
    """Build the targets of a checkout as `pichaven/TARGET:version`."""
    git = ["git", "-C", str(project), "rev-parse", "HEAD"]
    revision = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    dockerfile = (project / "deploy/docker/Dockerfile").read_text()
    if (os.environ | engine.environment).get("DOCKER_BUILDKIT") == "0":
        # The older builder knows no cache mounts.
        dockerfile = re.sub(r"--mount=\S+ (\\\n\s*)?", "", dockerfile)
    bases = build_base_images(engine)
    for target in targets:
        print(f"building {_name(target, version)}", flush=True)
        engine.run(
            *("build", "--quiet", "--file", "-", "--target", target),
            *("--tag", _name(target, version), *bases),
            *("--build-arg", f"VERSION={version}", "--build-arg", f"REVISION={revision}"),
            str(project),
            stdin=dockerfile,
        )


def check(engine: Engine, targets: Sequence[str], version: str) -> list[str]:
    """Return what the images break of their promises."""
    faults = []
    for target in targets:
        name = _name(target, version)
        [image] = json.loads(engine.run("image", "inspect", name))
        size_mb = image["Size"] / 1e6
        print(f"{name}: {size_mb:.0f} MB", flush=True)
        largest_mb = LARGEST_MB.get(target, size_mb)
        if size_mb > largest_mb:
            faults.append(f"{name} has {size_mb:.0f} MB, more than {largest_mb}")
        faults += [f"{name}: {fault}" for fault in _configuration_faults(image["Config"])]
        faults += [f"{name}: {fault}" for fault in _content_faults(engine, name, target)]
    return faults


def _configuration_faults(configuration: dict[str, Any]) -> list[str]:
    faults = []
    if configuration["User"] != _USER:
        faults.append(f"runs as {configuration['User'] or 'root'}")
    labels = configuration["Labels"] or {}
    return faults + [
        f"has no label {label}"
        for label in _LABELS
        if not labels.get(f"org.opencontainers.image.{label}")
    ]


def _content_faults(engine: Engine, name: str, target: str) -> list[str]:
    """Start the image as it is deployed: confined, with a root that cannot be written."""
    faults = []
    sbom = engine.run("run", *_CONFINED, "--entrypoint", "cat", name, _SBOM)
    if not json.loads(sbom)["components"]:
        faults.append("has an empty bill of materials")
    if target == "web":
        command = ("caddy", "validate", "--config", "/etc/caddy/Caddyfile")
        engine.run("run", *_CONFINED, "--entrypoint", command[0], name, *command[1:], quiet=True)
        return faults
    script = f"""
import importlib, importlib.util, pathlib
present = [name for name in {_NOT_INSTALLED!r} if importlib.util.find_spec(name)]
packages = pathlib.Path(importlib.util.find_spec("pichaven_chassis").origin).parents[1]
for package in sorted(packages.glob("pichaven_*/bootstrap.py")):
    importlib.import_module(f"{{package.parent.name}}.bootstrap")
print(*present)
"""
    entrypoint = ("--entrypoint", "python")
    present = engine.run("run", *_CONFINED, *entrypoint, name, "-c", script).split()
    needed = {"torch"} if target == _WITH_TORCH else set()
    return faults + [f"has {each}" for each in present if each not in needed]


def _name(target: str, version: str) -> str:
    return f"pichaven/{target}:{version}"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m deploy.docker.images")
    arguments.add_argument("command", choices=["build", "check"])
    arguments.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET")
    arguments.add_argument("--version", default="dev", help="their tag (default %(default)s)")
    options = arguments.parse_args()
    try:
        with container_engine() as engine:
            build(engine, options.targets, options.version)
            faults = (
                check(engine, options.targets, options.version)
                if options.command == "check"
                else []
            )
    except NoEngine as error:
        sys.exit(str(error))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
