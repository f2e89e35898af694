"""Workspaces on local disk; what a killed process leaves there, the next one removes."""

import asyncio
import fcntl
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder for one photo in work."""

    path: Path

    @property
    def original(self) -> Path:
        return self.path / "original"

    @property
    def sidecar(self) -> Path:
        return sidecar_of(self.original)

    @property
    def variants(self) -> Path:
        return self.path / "variants"


def sidecar_of(original: Path) -> Path:
    """Return where the XMP sidecar of an original lies, if it has one."""
    return original.with_name("sidecar.xmp")


class Spool:
    """One folder a process, locked while the process lives, with one folder a photo in it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._own: Path | None = None
        self._lock: IO[bytes] | None = None
        self._opening = threading.Lock()

    async def open(self) -> None:
        """Make this process's folder and remove those of dead processes. Repeatable."""
        await asyncio.to_thread(self._open)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    @asynccontextmanager
    async def workspace(self) -> AsyncIterator[Workspace]:
        """Make a workspace and remove it, with all that is in it, at the end."""
        path = await asyncio.to_thread(self._make)
        try:
            yield Workspace(path)
        finally:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    def _open(self) -> None:
        with self._opening:
            if self._own is not None:
                return
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One process at a time, so that none takes another's new folder for an abandoned one.
            with (self._root / _LOCK).open("wb") as root_lock:
                fcntl.flock(root_lock, fcntl.LOCK_EX)
                for other in self._root.iterdir():
                    _remove_if_abandoned(other)
                own = Path(mkdtemp(prefix="process-", dir=self._root))
                self._lock = (own / _LOCK).open("wb")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._own = own

    def _make(self) -> Path:
        self._open()
        assert self._own is not None
        path = Path(mkdtemp(prefix="photo-", dir=self._own))
        (path / "variants").mkdir()
        return path

    def _close(self) -> None:
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
            self._own = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _remove_if_abandoned(folder: Path) -> None:
    """Remove a process's folder when no process holds its lock."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        # Locked, or not a process's folder.
        return
