"""What a person, or a log that a person reads, is shown."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from pichaven_local.component import Component, State
from pichaven_local.console import DownloadBars, announce
from pichaven_local.probes import never
from pichaven_local.process import Command


def _part() -> Component:
    return Component("kafka", lambda: Command([], {}, Path()), never, Path("logs/kafka.log"), 19092)


def test_a_log_file_gets_a_line_for_a_large_download_and_none_for_small_ones() -> None:
    out = StringIO()
    bars = DownloadBars(Console(file=out))

    for name, size in (("a.pom", 2000), ("elasticsearch.zip", 107 << 20)):
        with bars(name, size) as advance:
            advance(size)

    assert out.getvalue() == "downloading elasticsearch.zip (107 MiB)\n"


def test_a_ready_part_is_told_with_its_address_and_time() -> None:
    out = StringIO()
    part = _part()
    part.state = State.READY

    announce(Console(file=out), part, 4.25)

    assert out.getvalue().split() == ["kafka", "ready", "4.2", "s", "127.0.0.1:19092"]


def test_a_restart_is_told_with_its_reason_and_where_to_look() -> None:
    out = StringIO()
    part = _part()
    part.state = State.RESTARTING
    part.trouble = "it could not start: [Errno 28] no space"

    announce(Console(file=out), part, 1)

    assert "[Errno 28] no space; see logs/kafka.log" in out.getvalue()
