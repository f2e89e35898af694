"""Where the CLI keeps who is logged in: one file, readable by its owner alone."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A logged-in session with one server."""

    url: str
    email: str
    access_token: str
    refresh_token: str

    def is_for(self, url: str) -> bool:
        return self.url.rstrip("/") == url.rstrip("/")


def credentials_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "pichaven" / "credentials.json"


def load(path: Path | None = None) -> Credentials | None:
    """The stored session, None when there is none that can be read."""
    try:
        return Credentials(**json.loads((path or credentials_path()).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save(credentials: Credentials, path: Path | None = None) -> None:
    """Replace the stored session at once: a crash leaves the old or the new, never half."""
    target = path or credentials_path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".credentials-")
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(credentials), file)
    Path(name).replace(target)


@contextmanager
def locked(path: Path | None = None) -> Iterator[Credentials | None]:
    """The stored session, while no other process renews it."""
    target = path or credentials_path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield load(target)


def forget(path: Path | None = None) -> None:
    (path or credentials_path()).unlink(missing_ok=True)
