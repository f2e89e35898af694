"""A stack in the foreground, or in a launcher of its own in the background."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

import typer

from pichaven_local.console import DownloadBars, announce, console, say, summary
from pichaven_local.downloads import EngineCache
from pichaven_local.errors import StartError
from pichaven_local.model_switch import SwitchModel
from pichaven_local.platform import PlatformTable, load_table
from pichaven_local.ports import Ports
from pichaven_local.preflight import check_folder
from pichaven_local.stack import Stack
from pichaven_local.state import StateFile
from pichaven_local.web_client import WebClient

_READY_WITHIN_S: Final = 180
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LAUNCHER_SETTINGS: Final = ("PICHAVEN_CACHE", "PICHAVEN_LOCAL_")
_CLI_SETTINGS: Final = ("PICHAVEN_URL", "PICHAVEN_PASSWORD", "PICHAVEN_API_KEY")


def run_in_foreground(directory: Path, services: list[str] | None) -> None:
    """Run a stack until Ctrl-C, SIGTERM or `down`."""
    # Until components run, a signal interrupts the start: a download may take long.
    for number in _STOP_SIGNALS:
        signal.signal(number, interrupt)
    stopping = threading.Event()
    stack: Stack | None = None
    try:
        stack = Stack(
            directory,
            ports=Ports.from_environment(os.environ),
            services=services,
            extra_env=_service_settings(load_table()),
            engine_cache=EngineCache(progress=DownloadBars(console)),
            web_client=WebClient(progress=say),
            on_change=lambda component, since_s: announce(console, component, since_s),
        )
        stack.start()
        for number in _STOP_SIGNALS:
            signal.signal(number, lambda *_: stopping.set())
        _wait_for_stop(stack, stopping)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        if stack is not None and stack.components:
            say("stopping …")
            stack.stop()
            say("stopped")


def interrupt(*_: object) -> NoReturn:
    """Handle a signal as Ctrl-C is handled."""
    raise KeyboardInterrupt


def _service_settings(table: PlatformTable) -> dict[str, str]:
    """Return the PICHAVEN_ settings of the environment that are for services, such as the model.

    Addresses and keys are left out: they may be another stack's, and this one has its own.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PICHAVEN_")
        and name not in table.deployment_settings
        and not name.startswith((*_LAUNCHER_SETTINGS, *_CLI_SETTINGS))
    }


def _wait_for_stop(stack: Stack, stopping: threading.Event) -> None:
    """Print when all is ready, or late; return when the stack is to stop."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while not stack.ready:
        if stopping.wait(0.1):
            return
        if time.monotonic() > deadline:
            deadline = float("inf")
            late = ", ".join(part.name for part in stack.components if not part.ready)
            say(f"[red]Not ready yet: {late}.[/red] See `make logs`; Ctrl-C stops all.")
    say(summary(stack, time.monotonic() - stack.started_at))
    say("Ctrl-C stops everything; the data stays.")
    if {"ml", "search"} <= set(stack.services):
        # A service that ends just now is started again, and stops nothing else.
        with suppress(StartError):
            if sentence := SwitchModel(stack.directory).unused_embeddings():
                say(sentence)
        # Beside the wait: a rebuild may take minutes, and ends with this process.
        threading.Thread(target=_rebuild_index, args=(stack.directory,), daemon=True).start()
    stopping.wait()


def _rebuild_index(directory: Path) -> None:
    with suppress(StartError):
        SwitchModel(directory).rebuild_outdated_index()


def start_in_background(directory: Path) -> None:
    """Start a launcher, copy its output until the stack is ready, and leave it running."""
    check_folder(directory)
    log = directory / "logs" / "launcher.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as out:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "pichaven_local", "up", "--directory", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _follow_until_ready(launcher, log, StateFile(directory))
    except KeyboardInterrupt:
        launcher.terminate()
        launcher.wait()
        raise typer.Exit(130) from None


def _follow_until_ready(launcher: subprocess.Popen[bytes], log: Path, file: StateFile) -> None:
    with log.open(errors="backslashreplace") as lines:
        while True:
            ended = launcher.poll() is not None
            state = file.read()
            ready = state is not None and state.ready and state.launcher_pid == launcher.pid
            console.print(lines.read(), end="", markup=False, soft_wrap=True)
            if ended:
                raise typer.Exit(1)
            if ready:
                return
            time.sleep(0.2)
