"""The file with the credentials of the logged-in user, readable by its owner alone."""

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
    """A user's session with one server."""

    url: str
    email: str
    access_token: str
    refresh_token: str

    def is_for(self, url: str) -> bool:
        return self.url.rstrip("/") == url.rstrip("/")


def credentials_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "pichaven" / "credentials.json"


def load() -> Credentials | None:
    """Return the stored credentials, None when there are none that can be read."""
    try:
        return Credentials(**json.loads(credentials_path().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save(credentials: Credentials) -> None:
    """Replace the stored credentials atomically."""
    target = credentials_path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".credentials-")
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(credentials), file)
    Path(name).replace(target)


@contextmanager
def lock() -> Iterator[Credentials | None]:
    """Yield the stored credentials while no other process refreshes the session."""
    target = credentials_path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield load()


def delete() -> None:
    credentials_path().unlink(missing_ok=True)
