"""A platform for one benchmark: its own folder, its own ports, stopped at the end."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pichaven_local.stack import Ports, Stack


@contextmanager
def running_platform(**environment: str) -> Iterator[Stack]:
    """A fresh, ready stack; `environment` is added to every service's settings."""
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-") as where:
        stack = Stack(Path(where), ports=Ports.free(), extra_env=environment)
        with stack:
            stack.wait_ready(120)
            yield stack
