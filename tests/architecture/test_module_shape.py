"""Every service has the same module shape: feature first, and inside a feature a file per layer.

    pichaven_<name>/
        __init__ __main__ settings container bootstrap errors
        <feature>/ model commands queries repository routes schemas subscribers …
        <feature>.py

A feature may have further files, named for what they hold. What is checked is the content that
belongs to a file of this name alone: HTTP routes, event handlers, models of requests and
responses, clients; and what a file of this name must not import. Each test is one rule, and each
of its failures names the line that breaks it.
"""

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
STRUCTURE: Final = {"__init__", "__main__", "settings", "container", "bootstrap", "errors"}
LAYERS: Final = {"domain", "application", "adapters", "entrypoints", "infrastructure", "ports"}
VAGUE: Final = {"utils", "helpers", "manager", "common", "base"}
PURE: Final = {"model.py", "commands.py", "queries.py"}
DRIVERS: Final = {
    *("motor", "pymongo", "boto3", "botocore", "elasticsearch", "httpx"),
    *("faststream", "aiokafka", "fastapi"),
}
CLIENTS: Final = {
    *("connect_store", "AsyncElasticsearch", "AsyncIOMotorClient"),
    *("EventBroker", "KafkaBroker", "httpx.AsyncClient"),
}
ROUTE_DECORATORS: Final = {
    *("get", "post", "put", "patch", "delete", "head", "options", "websocket", "api_route"),
}
SUBSCRIPTIONS: Final = ("on", "on_batch", "on_tombstone", "on_every_replica")
SUFFIXES: Final = ("Out", "Shown", "Answer", "Response", "DTO", "Schema")


def _dotted_name(node: ast.expr) -> str:
    """Return `a.b.c` for such an expression; what is no name becomes `?`."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


@dataclass(frozen=True)
class Module:
    """One Python file of a package, parsed."""

    path: Path
    package: Path

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(self.package.parent).with_suffix("").parts)

    @property
    def is_feature_of_one_file(self) -> bool:
        return self.path.parent == self.package and self.path.stem not in STRUCTURE

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """Imported names and the full names that they stand for, wherever they are imported."""
        names = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return names

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Yield each call with the full name of what is called, as far as imports tell it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                first, _, rest = _dotted_name(node.func).partition(".")
                full = self.imports.get(first, first)
                yield node, f"{full}.{rest}" if rest else full

    def at(self, node: ast.expr | ast.stmt) -> str:
        """Return what a message shows: the place and the line of code."""
        line = ast.unparse(node).splitlines()[0]
        return f"{self.path.relative_to(self.package)}:{node.lineno}: {line}"


def _files(package: Path) -> list[Path]:
    files = (path for path in sorted(package.rglob("*")) if path.is_file())
    return [path for path in files if "__pycache__" not in path.parts]


@functools.cache
def _modules(package: Path) -> list[Module]:
    return [Module(path, package) for path in _files(package) if path.suffix == ".py"]


SERVICES: Final = sorted((ROOT / "services").glob("*/src/pichaven_*"))
LIBRARIES: Final = sorted((ROOT / "libs").glob("*/src/pichaven_*"))


def _assert_none(violations: Iterable[str]) -> None:
    listed = list(violations)
    assert not listed, "\n".join(listed)


@pytest.fixture(params=SERVICES, ids=lambda package: package.name)
def service(request: pytest.FixtureRequest) -> Path:
    package: Path = request.param
    return package


def test_the_top_level_has_features_and_no_layers(service: Path) -> None:
    entries = {path.relative_to(service).parts[0] for path in _files(service)} - {"py.typed"}
    _assert_none(f"{name} is a layer and no feature" for name in entries & LAYERS)
    _assert_none(f"{name}: fakes lie in tests/" for name in entries & {"testing", "testing.py"})
    _assert_none(
        f"{name}: data lies in the feature that owns it"
        for name in entries
        if not name.endswith(".py") and not (service / name / "__init__.py").exists()
    )


def test_a_router_is_a_module_level_name_in_routes(service: Path) -> None:
    def is_assigned(call: ast.Call, module: Module) -> bool:
        return any(
            isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is call
            for statement in module.tree.body
        )

    _assert_none(
        module.at(call)
        for module in _modules(service)
        for call, name in module.calls()
        if name.endswith("APIRouter")
        and not (
            is_assigned(call, module)
            and (module.path.name == "routes.py" or module.is_feature_of_one_file)
        )
    )


def test_event_handlers_are_in_subscribers(service: Path) -> None:
    _assert_none(
        module.at(call)
        for module in _modules(service)
        for call, name in module.calls()
        if name.endswith(("EventRouter", *(f"router.{method}" for method in SUBSCRIPTIONS)))
        and module.path.name != "subscribers.py"
    )


def test_models_that_routes_use_are_in_schemas(service: Path) -> None:
    elsewhere = {
        f"{module.name}.{node.name}"
        for module in _modules(service)
        if module.path.name != "schemas.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(_dotted_name(base).endswith("BaseModel") for base in node.bases)
    }
    _assert_none(
        f"{module.path.relative_to(service)} uses {model}"
        for module in _modules(service)
        if module.path.name == "routes.py"
        for model in sorted(elsewhere)
        if model in module.imports.values() or model.startswith(f"{module.name}.")
    )


def test_only_bootstrap_constructs_clients(service: Path) -> None:
    def is_client(name: str) -> bool:
        if name.startswith("pichaven_") and name.endswith(".connect"):
            return True
        return any(name == client or name.endswith(f".{client}") for client in CLIENTS)

    _assert_none(
        module.at(call)
        for module in _modules(service)
        for call, name in module.calls()
        if is_client(name) and module.path != service / "bootstrap.py"
    )


def test_nothing_is_kept_in_the_state_of_the_application(service: Path) -> None:
    _assert_none(
        module.at(node)
        for module in _modules(service)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and f".{_dotted_name(node)}".endswith(".app.state")
    )


def test_routes_are_coroutine_functions(service: Path) -> None:
    def is_route(function: ast.FunctionDef) -> bool:
        return any(
            isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Attribute)
            and decorator.func.attr in ROUTE_DECORATORS
            and "router" in _dotted_name(decorator.func.value)
            for decorator in function.decorator_list
        )

    _assert_none(
        f"{module.path.relative_to(service)}:{node.lineno}: def {node.name}"
        for module in _modules(service)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and is_route(node)
    )


def test_a_response_model_has_the_name_of_the_thing_it_is(service: Path) -> None:
    _assert_none(
        module.at(node)
        for module in _modules(service)
        if module.path.name == "schemas.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith(SUFFIXES)
    )


def test_model_commands_and_queries_import_no_driver(service: Path) -> None:
    _assert_none(
        f"{module.path.relative_to(service)} imports {full}"
        for module in _modules(service)
        if module.path.name in PURE
        for full in module.imports.values()
        if full.partition(".")[0] in DRIVERS
    )


@pytest.mark.parametrize("package", [*SERVICES, *LIBRARIES], ids=lambda package: package.name)
def test_a_module_is_named_for_what_it_holds(package: Path) -> None:
    paths = [module.path.relative_to(package) for module in _modules(package)]
    _assert_none(str(path) for path in paths if VAGUE & {*path.parts[:-1], path.stem})
