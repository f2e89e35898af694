"""Images of the engines for machines that reach no image registry.

They run the engines of the local stack, with the users, paths and entry points of the vendors'
images; they do not show the vendors' images, MongoDB or versitygw.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.docker.engine import Engine
from deploy.docker.stand_ins import REPOSITORY, can_pull

from pichaven_local.downloads import EngineCache
from pichaven_local.platform import PROJECT, load_table

_DOCKERFILES: Final = PROJECT / "deploy" / "docker" / "stand_in_engines"
_MONGO: Final = (
    *("secantusdb", "pymongo", "dnspython", "s2sphere", "future", "shapely", "numpy"),
    *("python-dateutil", "six"),
)


def build_engine_images(engine: Engine) -> Mapping[str, str]:
    """Return the image of each engine by its name in compose: none where a registry is reachable.

    Needs the stand-in of Python.
    """
    if can_pull(engine):
        return {}
    _build(engine, "jre", {})
    cache, engines, programs = EngineCache(), load_table().engines, Path(sys.executable).parent
    content = {
        "kafka": {"jars": cache.kafka(engines["kafka"].version)},
        "elasticsearch": {"home": cache.elasticsearch(engines["elasticsearch"].version)},
        "mongo": {},
        "storage": {"rclone": programs / "rclone"},
        "gateway": {"traefik": programs / "traefik"},
    }
    for name, files in content.items():
        _build(engine, name, files)
    return {name: f"{REPOSITORY}/{name}" for name in content}


def _build(engine: Engine, name: str, content: Mapping[str, Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder) / name
        shutil.copytree(_DOCKERFILES / name, context)
        for target, source in content.items():
            if source.is_dir():
                shutil.copytree(source, context / target, symlinks=True)
            else:
                shutil.copy(source, context / target)
        if name == "mongo":
            (context / "requirements.txt").write_text(_pins(_MONGO))
        engine.run("build", "--quiet", "--tag", f"{REPOSITORY}/{name}", str(context))


def _pins(names: tuple[str, ...]) -> str:
    """Return the pins and hashes of packages of the local stack."""
    requirements = (PROJECT / "requirements" / "local.txt").read_text()
    pins = dict(re.findall(r"^([a-z0-9-]+)(==(?:.*\\\n)*.*\n)", requirements, re.MULTILINE))
    return "".join(f"{name}{pins[name]}" for name in names)
