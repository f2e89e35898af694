"""A platform for one benchmark: its own folder, its own ports, stopped at the end."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pichaven_local.stack import Ports, Stack
from testing.running_stack import READY_S


@contextmanager
def running_platform(
    services: Collection[str] | None = None, *, encoder_only: bool = False, **environment: str
) -> Iterator[Stack]:
    """Yield a fresh, ready stack without rate limits; `environment` is added to every service.

    `services` names those to run (None: all). With `encoder_only`, ml embeds queries and analyses
    no photo.
    """
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-") as name, ExitStack() as cleanup:
        rates = {
            f"PICHAVEN_GATEWAY_{group}_{kind}": "100000"
            for group in ("API", "AUTH", "MEDIA")
            for kind in ("RATE", "BURST")
        }
        stack = Stack(
            Path(name), ports=Ports.free(), services=services, extra_env=rates | environment
        )
        cleanup.callback(stack.remove_data)
        cleanup.enter_context(stack)
        if encoder_only:
            # The setup of search gets the model from it, so it starts before all is ready.
            cleanup.enter_context(_encoder(stack))
        stack.wait_ready(READY_S)
        yield stack


@contextmanager
def _encoder(stack: Stack) -> Iterator[None]:
    """Run ml in its role `api`, which consumes no events."""
    log = stack.directory / "logs" / "ml.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pichaven_ml", "api"],
            env=os.environ | stack.environment("ml"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)
