"""`python -m pichaven_local`: the commands behind `make up`, `down`, `status`, `logs`, `reset`."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from pichaven_local.console import DownloadBars, announce, summary
from pichaven_local.downloads import Downloads
from pichaven_local.platform import PROJECT
from pichaven_local.preflight import CannotStart
from pichaven_local.process import is_alive, resident_bytes
from pichaven_local.stack import Stack
from pichaven_local.state import RunState, StateFile

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(highlight=False)

_READY_WITHIN_S: Final = 180
_STOPPED_WITHIN_S: Final = 90
_SHOWN_LINES: Final = 20

Directory = Annotated[
    Path, typer.Option(help="The stack's folder.", envvar="PICHAVEN_LOCAL_DIRECTORY")
]
_HOME: Final = PROJECT / ".pichaven"


def _passed_on() -> dict[str, str]:
    """Settings of the person who starts the stack, such as the model, for every service."""
    return {name: value for name, value in os.environ.items() if name.startswith("PICHAVEN_")}


def _run(directory: Path, services: list[str] | None) -> None:
    """Run a stack in the foreground until Ctrl-C, SIGTERM or `down`."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    stack = Stack(
        directory,
        services=services,
        extra_env=_passed_on(),
        downloads=Downloads(progress=DownloadBars(console)),
        on_change=lambda component, since_s: announce(console, component, since_s),
    )
    try:
        stack.start()
    except CannotStart as error:
        console.print(f"[red]{error}", markup=True)
        raise typer.Exit(1) from None
    try:
        deadline = time.monotonic() + _READY_WITHIN_S
        while not stack.ready and not ending.wait(0.1):
            if time.monotonic() > deadline:
                late = ", ".join(part.name for part in stack.components if not part.settled)
                console.print(f"[red]Not ready: {late}. See `make logs`.[/red] Ctrl-C stops all.")
                break
        if stack.ready:
            console.print(summary(stack, time.monotonic() - stack.began_at))
            console.print("Ctrl-C stops everything; the data stays.")
        ending.wait()
    finally:
        console.print("stopping …")
        stack.stop()
        console.print("stopped")


@app.command()
def up(
    directory: Directory = _HOME,
    detach: Annotated[bool, typer.Option(help="Leave it running in the background.")] = False,
) -> None:
    """Start the whole platform."""
    if not detach:
        _run(directory, None)
        return
    log = directory / "logs" / "launcher.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "pichaven_local", "up", "--directory", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    shown = 0
    while True:
        text = log.read_text()
        console.print(text[shown:], end="", markup=False)
        shown = len(text)
        state = StateFile(directory).read()
        if state is not None and state.ready and state.launcher_pid == launcher.pid:
            return
        if launcher.poll() is not None:
            raise typer.Exit(1)
        time.sleep(0.2)


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
    for process in state.processes:
        if is_alive(process.pid, process.started_at):
            os.kill(process.pid, signal.SIGKILL)
    file.clear()
    console.print("stopped")


@app.command()
def status(directory: Directory = _HOME) -> None:
    """What runs, since when, in how much memory."""
    state = StateFile(directory).read()
    if state is None or not is_alive(state.launcher_pid, state.launcher_started_at):
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
    console.print(f"{'ready' if state.ready else 'not ready yet'} at {state.url}")


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
        lines = path.read_text(errors="backslashreplace").splitlines()[-_SHOWN_LINES:]
        console.print("\n".join(lines), markup=False)


@app.command()
def reset(
    directory: Directory = _HOME,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all data of the local stack: photos, accounts, logs."""
    state: RunState | None = StateFile(directory).read()
    if state is not None and is_alive(state.launcher_pid, state.launcher_started_at):
        console.print("It is running. `make down` first.")
        raise typer.Exit(1)
    if not directory.exists():
        console.print("there is nothing to remove")
        return
    if not yes:
        typer.confirm(f"Remove everything in {directory}, photos and all?", abort=True)
    Stack(directory).remove_data()
    console.print("removed")


@app.command()
def fetch() -> None:
    """Download the engines into the cache, without starting anything."""
    downloads = Downloads(progress=DownloadBars(console))
    stack = Stack(_HOME)
    try:
        for path in (
            downloads.kafka(stack.table.engines["kafka"].version),
            downloads.elasticsearch(stack.table.engines["elasticsearch"].version),
        ):
            console.print(str(path))
    except CannotStart as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
