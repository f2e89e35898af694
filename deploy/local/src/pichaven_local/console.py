"""Output on the terminal: a line for each change of a component, progress bars, a summary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from pichaven_local.component import Component, State
from pichaven_local.stack import Stack

_COLOURS: Final = {
    State.READY: "green",
    State.DONE: "green",
    State.RESTARTING: "yellow",
    State.STOPPED: "dim",
}

_LARGE_DOWNLOAD: Final = 10 << 20
console = Console(highlight=False)


def say(*values: object) -> None:
    """Print, unless the terminal is gone; its end must not keep the stack from stopping."""
    with suppress(OSError):
        console.print(*values, soft_wrap=True)


def announce(console: Console, component: Component, since_s: float) -> None:
    """Print a component's new state, except that it is starting.

    The line has its name, state, seconds since the start, and an address or a reason.
    """
    if component.state is State.STARTING:
        return
    colour = _COLOURS.get(component.state, "cyan")
    line = f"{component.name:<16} [{colour}]{component.state:<10}[/{colour}] {since_s:5.1f} s"
    if component.state is State.READY and component.port:
        line += f"  127.0.0.1:{component.port}"
    if component.state is State.RESTARTING:
        line += f"  {escape(component.restart_reason)}; see {component.log_path}"
    console.print(line, soft_wrap=True)


class DownloadBars:
    """Progress bars for downloads; without a terminal, a line for each large one."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def __call__(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        if not self._console.is_terminal:
            if size > _LARGE_DOWNLOAD:
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


@contextmanager
def photo_bar(console: Console, description: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a progress bar, and yield a function that takes the count done and the total.

    Without a terminal there is a line at the begin and one at the end.
    """
    if not console.is_terminal:
        console.print(f"{description} …", soft_wrap=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(description, total=None)

        def update(done: int, total: int | None) -> None:
            # A second round counts what the first one did.
            done = max(done, int(progress.tasks[0].completed))
            progress.update(task, completed=done, total=total)

        yield update


def duration(seconds: float) -> str:
    """Return a rough duration, such as "about 3 minutes"."""
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= 2 * size or unit == "second":
            count = max(1, round(seconds / size))
            return f"about {count} {unit}{'s' if count != 1 else ''}"
    raise AssertionError(seconds)


def summary(stack: Stack, ready_after_s: float) -> Table:
    """Return a table of the address, the time to readiness and the memory in use."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    if stack.services:
        table.add_row("address", f"[bold]{stack.url}[/bold]")
        table.add_row("API reference", f"{stack.url}/api/docs")
    table.add_row("ready after", f"{ready_after_s:.1f} s")
    table.add_row("resident memory", f"{stack.resident_bytes / 2**30:.2f} GiB, measured now")
    table.add_row("data and logs", str(stack.directory))
    return table
