"""What xdist may run side by side, and a record of failures."""

import os
from pathlib import Path
from typing import Final

import hypothesis
import pytest
from xdist.remote import Producer

from testing.scheduling import UnitScheduling, rank_of

pytest_plugins = ["testing.engine_fixtures"]

# An example that takes long on a busy machine is no fault.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

SERVER_FIXTURES: Final = {
    *("mongo_url", "storage_settings", "elasticsearch_url", "kafka_servers"),
    *("start_gateway", "stack", "platform_url"),
}
"""Fixtures that start a server. A test that uses one is marked `engines`."""

LONGEST_ID: Final = 30
FAILURES: Final = Path(__file__).parent / ".failures.txt"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long value by its argument.

    Such a name stays readable, and is the same in each worker where the value is made anew.
    """
    return argname if isinstance(val, str) and len(val) > LONGEST_ID else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs engines, and sort for xdist."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SERVER_FIXTURES:
            item.add_marker("engines")
    items.sort(key=lambda item: (rank_of(item.nodeid), _position(item)))


def _position(item: pytest.Item) -> int:
    """Return where a test runs in its group: -1 before the others, 1 after them."""
    return bool(item.get_closest_marker("last")) - bool(item.get_closest_marker("first"))


def pytest_sessionstart() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        FAILURES.unlink(missing_ok=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Append a failure to a file at once: an internal error of xdist leaves no summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        with FAILURES.open("a") as file:
            file.write(f"{report.nodeid} ({report.when})\n{report.longreprtext[-2000:]}\n\n")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling:
    config.option.loadscopereorder = False
    return UnitScheduling(config, log)
