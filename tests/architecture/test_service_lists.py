"""Every folder of `services` is named in the lists that tools and readers go by.

`deploy/tests/test_one_table.py` compares those of deployment with `deploy/platform.toml`.
"""

import configparser
import re
import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))


@cache
def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def _import_contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def _modules(section: str, option: str) -> list[str]:
    return _import_contracts().get(section, option, fallback="").split()


def _makefile_packages() -> list[str]:
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    match = re.search(r"^PACKAGES := (.+)$", text, re.MULTILINE)
    assert match is not None
    return match[1].split()


def _assert_lists_all(names: Collection[str], template: str, what: str) -> None:
    """Assert that `names` has every service, as `template` writes it."""
    expected = [template.format(service) for service in SERVICES]
    missing = [name for name in expected if name not in names]
    assert not missing, f"{what}: add {', '.join(missing)}"


def test_make_installs_and_checks_every_service() -> None:
    _assert_lists_all(_makefile_packages(), "services/{}", "Makefile, PACKAGES")


def test_mypy_finds_every_service() -> None:
    paths = _pyproject()["tool"]["mypy"]["mypy_path"]
    _assert_lists_all(paths, "services/{}/src", "pyproject.toml, [tool.mypy] mypy_path")


def test_vulture_reads_every_service() -> None:
    paths = _pyproject()["tool"]["vulture"]["paths"]
    _assert_lists_all(paths, "services/{}/src", "pyproject.toml, [tool.vulture] paths")


def test_the_platform_table_has_every_service() -> None:
    table = tomllib.loads((ROOT / "deploy/platform.toml").read_text())
    _assert_lists_all(table["services"], "{}", "deploy/platform.toml, [services.*]")


@pytest.mark.parametrize(
    ("section", "option"),
    [
        ("importlinter", "root_packages"),
        ("importlinter:contract:independence", "modules"),
        ("importlinter:contract:contracts", "forbidden_modules"),
        ("importlinter:contract:chassis", "forbidden_modules"),
        ("importlinter:contract:places", "forbidden_modules"),
        ("importlinter:contract:clients", "forbidden_modules"),
        ("importlinter:contract:testing", "source_modules"),
    ],
)
def test_import_linter_knows_every_service(section: str, option: str) -> None:
    names = _modules(section, option)
    _assert_lists_all(names, "pichaven_{}", f".importlinter, [{section}] {option}")


@pytest.mark.parametrize("kind", ["layers", "pure"])
def test_import_linter_has_contracts_for_every_service(kind: str) -> None:
    sections = _import_contracts().sections()
    _assert_lists_all(sections, f"importlinter:contract:{kind}-{{}}", ".importlinter, sections")


@pytest.mark.parametrize("service", SERVICES)
def test_import_linter_demands_a_line_for_every_feature(service: str) -> None:
    section = f"importlinter:contract:layers-{service}"
    assert _modules(section, "containers") == [f"pichaven_{service}"]
    assert _modules(section, "exhaustive") == ["True"]


def test_import_linter_looks_inside_the_features_of_every_service() -> None:
    names = _modules("importlinter:contract:inside", "containers")
    _assert_lists_all(names, "pichaven_{}.*", ".importlinter, [importlinter:contract:inside]")


def test_readers_find_every_service() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    _assert_lists_all(links, "services/{}/README.md", "README.md, links")
    words = re.findall(r"\w+", (ROOT / "ARCHITECTURE.md").read_text())
    _assert_lists_all(words, "{}", "ARCHITECTURE.md")
