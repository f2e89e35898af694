"""The file with the credentials of the logged-in user, readable by its owner alone."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
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
    _write(credentials_path(), asdict(credentials))


def load_device_token(url: str, email: str) -> str | None:
    """Return the token by which the server knows this device, None before the first login."""
    token = _device_tokens().get(_device_key(url, email))
    return token if isinstance(token, str) else None


def save_device_token(url: str, email: str, token: str) -> None:
    """Keep a device token; it stays when the user logs out."""
    _write(_devices_path(), _device_tokens() | {_device_key(url, email): token})


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


def _devices_path() -> Path:
    return credentials_path().with_name("devices.json")


def _device_key(url: str, email: str) -> str:
    return f"{url.rstrip('/')} {email.strip().casefold()}"


def _device_tokens() -> dict[str, object]:
    try:
        tokens = json.loads(_devices_path().read_text())
    except (OSError, ValueError):
        return {}
    return tokens if isinstance(tokens, dict) else {}


def _write(target: Path, content: Mapping[str, object]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
    Path(name).replace(target)
