"""Folders on local disk for photos in work, which a killed process does not leave for ever."""

import asyncio
import fcntl
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from pichaven_processing.ports import Folder

_LOCK = "lock"


class DiskSpool:
    """One folder a process, locked while the process lives, with one folder a photo in it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mine: Path | None = None
        self._lock: IO[bytes] | None = None
        self._opening = threading.Lock()

    async def open(self) -> None:
        """Take a folder of our own and remove those of processes that are gone. Repeatable."""
        await asyncio.to_thread(self._open)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Folder]:
        path = await asyncio.to_thread(self._make)
        try:
            yield Folder(path)
        finally:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    def _open(self) -> None:
        with self._opening:
            if self._mine is not None:
                return
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One process at a time, so that none takes another's new folder for a left one.
            with (self._root / _LOCK).open("wb") as entrance:
                fcntl.flock(entrance, fcntl.LOCK_EX)
                for other in self._root.iterdir():
                    _remove_if_left(other)
                mine = Path(mkdtemp(prefix="process-", dir=self._root))
                self._lock = (mine / _LOCK).open("wb")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._mine = mine

    def _make(self) -> Path:
        self._open()
        assert self._mine is not None
        path = Path(mkdtemp(prefix="photo-", dir=self._mine))
        (path / "variants").mkdir()
        return path

    def _close(self) -> None:
        if self._mine is not None:
            shutil.rmtree(self._mine, ignore_errors=True)
            self._mine = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _remove_if_left(folder: Path) -> None:
    """Remove a process's folder when nobody holds its lock."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        # Held, or not one of ours.
        return
