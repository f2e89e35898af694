"""One server for all processes of a test run."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

Address = dict[str, str]
"""How to reach a server: its URL and, where it needs them, credentials."""


@contextmanager
def shared(file: Path, start: Callable[[], AbstractContextManager[Address]]) -> Iterator[Address]:
    """Yield the address of the server that belongs to a file.

    The first process to enter starts the server and writes its address to the file. When it
    leaves, it waits for the others to leave and stops the server. Locks of the kernel tell who
    is still there, so a process that is killed holds nobody up.
    """
    users = file.with_suffix(".users")
    with users.open("w") as use:
        with _locked(file):
            server = None if file.exists() else start()
            if server is not None:
                file.write_text(json.dumps(server.__enter__()), encoding="utf-8")
            else:
                fcntl.flock(use, fcntl.LOCK_SH)
            address: Address = json.loads(file.read_text(encoding="utf-8"))
        try:
            yield address
        finally:
            if server is not None:
                with _locked(file):
                    file.unlink()  # who comes later starts a server of its own
                fcntl.flock(use, fcntl.LOCK_EX)
                server.__exit__(None, None, None)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
