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
        rates = {
            f"PICHAVEN_GATEWAY_{group}_{kind}": "100000"
            for group in ("API", "AUTH", "MEDIA")
            for kind in ("RATE", "BURST")
        }
        stack = Stack(Path(where), ports=Ports.free(), extra_env=rates | environment)
        try:
            with stack:
                stack.wait_ready(150)
                yield stack
        finally:
            stack.remove_data()
