"""A variable, a parameter or a function says what it holds or does, never how that came about.

`photo`, `hits`, `response` or `cutoff` tell a reader what is there; `found`, `made` or `told` do
not. Fields that clients or events name so are listed in `ALLOWED`.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("libs", "services", "cli", "deploy", "testing", "bench", "demo", "tests", "docs")
BANNED: Final = {
    *("announced", "asked", "folded", "forgotten", "found", "given", "gone", "got", "held"),
    *("kept", "known", "learnt", "made", "meant", "met", "proposed", "said", "seen", "shown"),
    *("told", "understood", "worded"),
}
ALLOWED: Final = {
    ("services/search/src/pichaven_search/query_language/query_parser.py", "known"),
    ("services/search/src/pichaven_search/retrieval/schemas.py", "known"),
    ("services/search/src/pichaven_search/retrieval/schemas.py", "understood"),
}


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each definition: functions, parameters, targets, imports."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                yield node.lineno, name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.lineno, alias.asname) for alias in names if alias.asname)


def banned_names(tree: ast.AST) -> list[tuple[int, str]]:
    """Return the line and the name of each definition that has a banned name, in order."""
    return sorted((line, name) for line, name in _names(tree) if name.strip("_").lower() in BANNED)


def _sources() -> Iterable[Path]:
    yield ROOT / "conftest.py"
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_names_say_what_they_hold() -> None:
    offences = [
        f"{path}:{line}: {name}"
        for source in _sources()
        for path in [source.relative_to(ROOT).as_posix()]
        for line, name in banned_names(ast.parse(source.read_text(encoding="utf-8")))
        if (path, name) not in ALLOWED
    ]
    assert not offences, "name these by what they hold:\n" + "\n".join(offences)


def test_every_allowed_name_is_in_use() -> None:
    for path, name in ALLOWED:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {each for _, each in banned_names(tree)}, f"{path} has no {name} any more"


@pytest.mark.parametrize(
    "code",
    [
        "found = 1",
        "_KEPT = 1",
        "for told in []: pass",
        "def asked(): pass",
        "async def _shown(): pass",
        "def f(*, given): pass",
        "self.held = 1",
        "seen: int",
        "if made := 1: pass",
        "[met for met in []]",
        "with open(p) as gone: pass",
        "import a as known",
        "match x:\n    case {'a': got}: pass",
    ],
)
def test_each_kind_of_definition_is_read(code: str) -> None:
    assert banned_names(ast.parse(code))


def test_a_name_that_is_only_read_is_no_definition() -> None:
    assert not banned_names(ast.parse("f(x.found, known=made)"))
