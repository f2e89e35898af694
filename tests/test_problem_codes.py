"""The table of problem codes in the documentation is that of the services."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from pichaven_chassis.problems import Problem
from pichaven_local.platform import load_table

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "http-contract.md"
OF_OTHER_HTTP_ERRORS = "http_error"


def _classes(problem: type[Problem]) -> Iterator[type[Problem]]:
    yield problem
    for each in problem.__subclasses__():
        yield from _classes(each)


def test_every_code_is_documented_with_its_statuses() -> None:
    for name in load_table().services:
        importlib.import_module(f"pichaven_{name}.bootstrap")
    statuses: dict[str, set[int]] = {}
    for problem in _classes(Problem):
        if problem.__module__.startswith("pichaven_"):
            statuses.setdefault(problem.code, set()).add(problem.status)

    rows = re.findall(r"^\| `(\w+)` \| ([\d, ]+) \|", DOCUMENT.read_text(), re.MULTILINE)
    documented = {code: {int(part) for part in text.split(",")} for code, text in rows}

    assert len(rows) == len(documented)
    assert documented.pop(OF_OTHER_HTTP_ERRORS)
    assert documented == statuses


def test_a_code_has_one_status_unless_a_part_is_away() -> None:
    for problem in _classes(Problem):
        same = {each.status for each in _classes(Problem) if each.code == problem.code}
        assert len(same) == 1 or problem.code == "unavailable", problem.code
