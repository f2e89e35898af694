"""The lines that the launcher prints."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from pichaven_local.component import Component, State
from pichaven_local.console import DownloadBars, announce
from pichaven_local.probes import never_ready
from pichaven_local.process import Command


def _component() -> Component:
    return Component(
        "kafka", lambda: Command([], {}, Path()), never_ready, Path("logs/kafka.log"), 19092
    )


def test_without_a_terminal_only_a_large_download_gets_a_line() -> None:
    out = StringIO()
    bars = DownloadBars(Console(file=out))

    for name, size in (("a.pom", 2000), ("elasticsearch.zip", 107 << 20)):
        with bars(name, size) as advance:
            advance(size)

    assert out.getvalue() == "downloading elasticsearch.zip (107 MiB)\n"


def test_a_ready_component_is_printed_with_address_and_time() -> None:
    out = StringIO()
    component = _component()
    component.state = State.READY

    announce(Console(file=out), component, 4.25)

    assert out.getvalue().split() == ["kafka", "ready", "4.2", "s", "127.0.0.1:19092"]


def test_a_restart_is_printed_with_its_reason_and_the_log() -> None:
    out = StringIO()
    component = _component()
    component.state = State.RESTARTING
    component.restart_reason = "it could not start: [Errno 28] no space"

    announce(Console(file=out), component, 1)

    assert "[Errno 28] no space; see logs/kafka.log" in out.getvalue()
