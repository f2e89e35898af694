"""What a person sees: a line for each part, bars for downloads, words for trouble."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from pichaven_local.component import Component, State
from pichaven_local.stack import Stack

_COLOURS: Final = {
    State.READY: "green",
    State.DONE: "green",
    State.RESTARTING: "yellow",
    State.STOPPED: "dim",
}

_WORTH_A_LINE: Final = 10 << 20


def describe(component: Component, since_s: float) -> str:
    """One line: name, state, seconds since the start, and an address or a reason."""
    colour = _COLOURS.get(component.state, "cyan")
    line = f"{component.name:<16} [{colour}]{component.state:<10}[/{colour}] {since_s:5.1f} s"
    if component.state is State.READY and component.port:
        line += f"  127.0.0.1:{component.port}"
    if component.state is State.RESTARTING:
        line += f"  {escape(component.trouble)}; see {component.log_path}"
    return line


def announce(console: Console, component: Component, since_s: float) -> None:
    """Print a line when a part has changed in a way that a person wants to know."""
    if component.state is not State.STARTING:
        console.print(describe(component, since_s), soft_wrap=True)


class DownloadBars:
    """Progress bars for the resolver's downloads; nothing is shown when all is cached."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def __call__(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        if not self._console.is_terminal:
            if size > _WORTH_A_LINE:
                self._console.print(f"downloading {name} ({size >> 20} MiB)", soft_wrap=True)
            yield lambda _count: None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(f"downloading {name}", total=size)
            yield lambda count: progress.advance(task, count)


def summary(stack: Stack, ready_after_s: float) -> Table:
    """The address, the time it took, and the memory it takes."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    if stack.services:
        table.add_row("address", f"[bold]{stack.url}[/bold]")
        table.add_row("API reference", f"{stack.url}/api/docs")
    table.add_row("ready after", f"{ready_after_s:.1f} s")
    table.add_row("resident memory", f"{stack.resident_bytes / 2**30:.2f} GiB, measured now")
    table.add_row("data and logs", str(stack.directory))
    return table
