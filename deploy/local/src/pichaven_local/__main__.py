"""`python -m pichaven_local`: the commands behind `make up`, `down`, `status`, `model`, `reset`."""

import os
import signal
import time
from collections import deque
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from pichaven_local.console import DownloadBars, console, say
from pichaven_local.downloads import EngineCache
from pichaven_local.errors import StartError
from pichaven_local.launcher import interrupt, run_in_foreground, start_in_background
from pichaven_local.model_switch import SwitchModel
from pichaven_local.platform import PROJECT, load_table
from pichaven_local.preflight import find_java
from pichaven_local.process import end_session, is_alive, resident_bytes
from pichaven_local.stack import Stack
from pichaven_local.state import RunState, StateFile
from pichaven_local.web_client import WebClient

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

_STOPPED_WITHIN_S: Final = 90
_TAIL_LINES: Final = 20

Directory = Annotated[
    Path, typer.Option(help="The stack's folder.", envvar="PICHAVEN_LOCAL_DIRECTORY")
]
_DEFAULT_DIRECTORY: Final = PROJECT / ".pichaven"


@app.command()
def up(
    directory: Directory = _DEFAULT_DIRECTORY,
    detach: Annotated[bool, typer.Option(help="Leave it running in the background.")] = False,
) -> None:
    """Start the whole platform."""
    if not detach:
        run_in_foreground(directory, None)
    elif (state := _running_state(directory)) is not None:
        say(f"running already at {state.url}")
    else:
        start_in_background(directory)


def _running_state(directory: Path) -> RunState | None:
    """Return the state of the stack that runs in a folder, None when none does."""
    state = StateFile(directory).read()
    if state is not None and is_alive(state.launcher_pid, state.launcher_started_at):
        return state
    return None


@app.command()
def engines(directory: Directory = _DEFAULT_DIRECTORY) -> None:
    """Start the engines alone, for working on a service."""
    run_in_foreground(directory, [])


@app.command()
def down(directory: Directory = _DEFAULT_DIRECTORY) -> None:
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
    count = sum(end_session(process.pid, process.started_at) for process in state.processes)
    file.clear()
    console.print(
        "stopped" + (f", and ended {count} processes of a killed launcher" if count else "")
    )


@app.command()
def status(directory: Directory = _DEFAULT_DIRECTORY) -> None:
    """Show what runs, since when, in how much memory."""
    state = _running_state(directory)
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
            _format_duration(time.time() - process.started_at),
            f"{memory / 2**20:.0f} MiB",
        )
    table.add_row("all", "", "", "", "", f"{total / 2**20:.0f} MiB")
    console.print(table)
    address = f" at {state.url}" if state.url else ""
    console.print(f"{'ready' if state.ready else 'not ready yet'}{address}")


def _format_duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


@app.command()
def logs(
    component: Annotated[str | None, typer.Argument(help="One component; all otherwise.")] = None,
    directory: Directory = _DEFAULT_DIRECTORY,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
) -> None:
    """Show the last lines of every process's log."""
    folder = directory / "logs"
    files = sorted(folder.glob(f"{component or '*'}.log"))
    if not files:
        names = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none yet"
        console.print(f"no such log; there are: {names}")
        raise typer.Exit(1)
    if follow:
        arguments = ["tail", "-n", str(_TAIL_LINES), "-F", *map(str, files)]
        os.execvp("tail", arguments)  # noqa: S606
    for path in files:
        console.rule(path.stem)
        with path.open(errors="backslashreplace") as file:
            lines = deque(file, _TAIL_LINES)
        console.print("".join(lines).rstrip(), markup=False, soft_wrap=True)


@app.command()
def reset(
    directory: Directory = _DEFAULT_DIRECTORY,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all data of the local stack: photos, accounts, logs."""
    if _running_state(directory) is not None:
        console.print("It is running. `make down` first.")
        raise typer.Exit(1)
    if not directory.exists():
        console.print("there is nothing to remove")
        return
    if not yes:
        typer.confirm(f"Remove everything in {directory}, photos and all?", abort=True)
    try:
        Stack(directory).remove_data()
    except OSError as error:
        say(Text(f"Not all could be removed: {error}", "red"))
        raise typer.Exit(1) from None
    console.print("removed")


@app.command()
def model(
    name: Annotated[
        str,
        typer.Argument(
            help="A bundled model, ARCHITECTURE/TAG, ARCHITECTURE:FILE, a path, hf-hub:ORG/NAME."
        ),
    ],
    directory: Directory = _DEFAULT_DIRECTORY,
    queries: Annotated[
        Path | None,
        typer.Option(
            help="Labelled queries that must not be answered worse than before.",
            envvar="PICHAVEN_LABELLED_QUERIES",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Whatever photos or quality would be missing.")
    ] = False,
) -> None:
    """Switch the running stack to another embedding model while it is searched."""
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        SwitchModel(directory, labelled=queries, force=force)(name)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def fetch() -> None:
    """Download the engines into the cache, without starting anything."""
    cache = EngineCache(progress=DownloadBars(console))
    engines = load_table().engines
    console.print(str(cache.kafka(engines["kafka"].version)))
    console.print(str(cache.elasticsearch(engines["elasticsearch"].version)))


@app.command()
def web(script: Annotated[str, typer.Argument(help="A script of web/package.json.")]) -> None:
    """Run a script of the web client by the pinned Node, with its packages installed."""
    raise typer.Exit(WebClient(progress=say).run_script(script))


@app.command("jdk")
def fetch_jdk() -> None:
    """Fetch a JDK into the cache, where this machine has none that will do."""
    try:
        home = find_java()
    except StartError:
        say("fetching a JDK 21 (about 200 MB)")
        EngineCache().jdk()
        home = find_java()
    say(f"there is a JDK in {home}")


def main() -> None:
    try:
        app()
    except StartError as error:
        say(Text(str(error), "red"))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
