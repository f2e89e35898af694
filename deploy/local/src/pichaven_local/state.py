"""The state file and lock by which other processes find, watch and end a stack."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from pichaven_local.errors import StartError


@dataclass(frozen=True, slots=True)
class RunningProcess:
    name: str
    pid: int
    started_at: float
    """Unix seconds; the pid alone may have been reused."""
    port: int | None = None
    state: str = "starting"


@dataclass(frozen=True, slots=True)
class RunState:
    """The processes of the launcher and its children."""

    launcher_pid: int
    launcher_started_at: float
    url: str
    ready: bool = False
    processes: list[RunningProcess] = field(default_factory=list)


class StateFile:
    """`run/state.json`, and the lock of the launcher that runs the stack in the folder."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / "run"
        self.path = self._folder / "state.json"
        self._lock: IO[str] | None = None

    def lock(self) -> None:
        """Raise `StartError` when another launcher runs a stack in this folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = (self._folder / "lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            raise StartError(
                "A PicHaven of this folder is running already. See `make status`; "
                "`make down` stops it."
            ) from None
        self._lock = handle

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def write(self, state: RunState) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        staging = self.path.with_suffix(f".{os.getpid()}")
        staging.write_text(json.dumps(asdict(state), indent=2))
        staging.replace(self.path)

    def read(self) -> RunState | None:
        """Return None when there is no state that can be read."""
        try:
            document = json.loads(self.path.read_text())
            document["processes"] = [RunningProcess(**item) for item in document["processes"]]
            return RunState(**document)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)
