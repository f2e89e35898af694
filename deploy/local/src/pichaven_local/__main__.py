"""`python -m pichaven_local`: the commands behind `make up`, `down`, `status`, `logs`, `reset`."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pichaven_local.console import DownloadBars, announce, summary
from pichaven_local.downloads import Downloads
from pichaven_local.errors import CannotStart
from pichaven_local.platform import PROJECT, PlatformTable, load_table
from pichaven_local.ports import Ports
from pichaven_local.preflight import check_folder
from pichaven_local.process import end_session, is_alive, resident_bytes
from pichaven_local.stack import Stack
from pichaven_local.state import RunState, StateFile

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(highlight=False)

_READY_WITHIN_S: Final = 180
_STOPPED_WITHIN_S: Final = 90
_SHOWN_LINES: Final = 20
_ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FOR_THE_LAUNCHER: Final = ("PICHAVEN_CACHE", "PICHAVEN_LOCAL_")
_FOR_THE_CLI: Final = ("PICHAVEN_URL", "PICHAVEN_PASSWORD", "PICHAVEN_API_KEY")

Directory = Annotated[
    Path, typer.Option(help="The stack's folder.", envvar="PICHAVEN_LOCAL_DIRECTORY")
]
_HOME: Final = PROJECT / ".pichaven"


def _passed_on(table: PlatformTable) -> dict[str, str]:
    """Settings of the person who starts the stack, such as the model, for every service.

    Not those that say where a service or an engine is, and with which key: this stack has its
    own, and a shell's may be another's.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PICHAVEN_")
        and name not in table.placed
        and not name.startswith((*_FOR_THE_LAUNCHER, *_FOR_THE_CLI))
    }


def _say(*what: object) -> None:
    """Print, unless the terminal is gone; its end must not keep the stack from stopping."""
    with contextlib.suppress(OSError):
        console.print(*what, soft_wrap=True)


def _refuse(error: CannotStart) -> NoReturn:
    _say(Text(str(error), "red"))
    raise typer.Exit(1) from None


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _run(directory: Path, services: list[str] | None) -> None:
    """Run a stack in the foreground until Ctrl-C, SIGTERM or `down`."""
    # Until something runs, a signal breaks off whatever goes on: a download may take long.
    for number in _ENDING_SIGNALS:
        signal.signal(number, _interrupt)
    ending = threading.Event()
    stack: Stack | None = None
    try:
        stack = Stack(
            directory,
            ports=Ports.from_environment(os.environ),
            services=services,
            extra_env=_passed_on(load_table()),
            downloads=Downloads(progress=DownloadBars(console)),
            on_change=lambda component, since_s: announce(console, component, since_s),
        )
        stack.start()
        for number in _ENDING_SIGNALS:
            signal.signal(number, lambda *_: ending.set())
        _watch(stack, ending)
    except CannotStart as error:
        _refuse(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        if stack is not None and stack.components:
            _say("stopping …")
            stack.stop()
            _say("stopped")


def _watch(stack: Stack, ending: threading.Event) -> None:
    """Say when all is ready, or late; return when it is to end."""
    late_at = time.monotonic() + _READY_WITHIN_S
    while not stack.ready:
        if ending.wait(0.1):
            return
        if time.monotonic() > late_at:
            late_at = float("inf")
            late = ", ".join(part.name for part in stack.components if not part.settled)
            _say(f"[red]Not ready yet: {late}.[/red] See `make logs`; Ctrl-C stops all.")
    _say(summary(stack, time.monotonic() - stack.began_at))
    _say("Ctrl-C stops everything; the data stays.")
    ending.wait()


@app.command()
def up(
    directory: Directory = _HOME,
    detach: Annotated[bool, typer.Option(help="Leave it running in the background.")] = False,
) -> None:
    """Start the whole platform."""
    if not detach:
        _run(directory, None)
        return
    running = _running(directory)
    if running is not None:
        _say(f"running already at {running.url}")
        return
    log = directory / "logs" / "launcher.log"
    try:
        check_folder(directory)
        log.parent.mkdir(exist_ok=True)
    except CannotStart as error:
        _refuse(error)
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


def _running(directory: Path) -> RunState | None:
    """The state of the stack that runs in a folder, None when none does."""
    state = StateFile(directory).read()
    if state is not None and is_alive(state.launcher_pid, state.launcher_started_at):
        return state
    return None


@app.command()
def engines(directory: Directory = _HOME) -> None:
    """Start the engines alone, for working on a service."""
    _run(directory, [])


@app.command()
def down(directory: Directory = _HOME) -> None:
    """Stop a running stack, or what a killed launcher left of it."""
    file = StateFile(directory)
    state = file.read()
    if state is None:
        console.print("nothing runs here")
        return
    if is_alive(state.launcher_pid, state.launcher_started_at):
        os.kill(state.launcher_pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOPPED_WITHIN_S
        while is_alive(state.launcher_pid, state.launcher_started_at):
            if time.monotonic() > deadline:
                console.print("[red]The launcher does not end; see `make status`.")
                raise typer.Exit(1)
            time.sleep(0.1)
    left = sum(end_session(process.pid, process.started_at) for process in state.processes)
    file.clear()
    console.print(
        "stopped" + (f", and ended {left} processes of a killed launcher" if left else "")
    )


@app.command()
def status(directory: Directory = _HOME) -> None:
    """What runs, since when, in how much memory."""
    state = _running(directory)
    if state is None:
        console.print("not running; `make up` starts it")
        raise typer.Exit(3)
    table = Table("component", "state", "pid", "port", "up", "memory")
    total = 0
    for process in state.processes:
        memory = resident_bytes(process.pid)
        total += memory
        alive = is_alive(process.pid, process.started_at)
        table.add_row(
            process.name,
            process.state if alive else "[red]gone[/red]",
            str(process.pid),
            str(process.port or ""),
            _duration(time.time() - process.started_at),
            f"{memory / 2**20:.0f} MiB",
        )
    table.add_row("all", "", "", "", "", f"{total / 2**20:.0f} MiB")
    console.print(table)
    place = f" at {state.url}" if state.url else ""
    console.print(f"{'ready' if state.ready else 'not ready yet'}{place}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


@app.command()
def logs(
    component: Annotated[str | None, typer.Argument(help="One component; all otherwise.")] = None,
    directory: Directory = _HOME,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
) -> None:
    """The last lines of every process's log."""
    folder = directory / "logs"
    files = sorted(folder.glob(f"{component or '*'}.log"))
    if not files:
        known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none yet"
        console.print(f"no such log; there are: {known}")
        raise typer.Exit(1)
    if follow:
        arguments = ["tail", "-n", str(_SHOWN_LINES), "-F", *map(str, files)]
        os.execvp("tail", arguments)  # noqa: S606
    for path in files:
        console.rule(path.stem)
        with path.open(errors="backslashreplace") as file:
            lines = deque(file, _SHOWN_LINES)
        console.print("".join(lines).rstrip(), markup=False, soft_wrap=True)


@app.command()
def reset(
    directory: Directory = _HOME,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all data of the local stack: photos, accounts, logs."""
    if _running(directory) is not None:
        console.print("It is running. `make down` first.")
        raise typer.Exit(1)
    if not directory.exists():
        console.print("there is nothing to remove")
        return
    if not yes:
        typer.confirm(f"Remove everything in {directory}, photos and all?", abort=True)
    try:
        Stack(directory).remove_data()
    except CannotStart as error:
        _refuse(error)
    except OSError as error:
        _say(Text(f"Not all could be removed: {error}", "red"))
        raise typer.Exit(1) from None
    console.print("removed")


@app.command()
def fetch() -> None:
    """Download the engines into the cache, without starting anything."""
    downloads = Downloads(progress=DownloadBars(console))
    engines = load_table().engines
    try:
        console.print(str(downloads.kafka(engines["kafka"].version)))
        console.print(str(downloads.elasticsearch(engines["elasticsearch"].version)))
    except CannotStart as error:
        _refuse(error)


if __name__ == "__main__":
    app()
