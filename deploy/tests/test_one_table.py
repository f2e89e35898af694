"""Compose and Kubernetes have the services, settings and engines of the platform table."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pichaven_local.platform import PROJECT, load_table

TABLE = load_table()
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
BASE = PROJECT / "deploy" / "k8s" / "base"
MANIFESTS = [
    *sorted(path for path in BASE.glob("*.yaml") if path.stem != "kustomization"),
    *sorted(
        path
        for path in (PROJECT / "deploy" / "k8s" / "engines").glob("*.yaml")
        if path.stem != "kustomization"
    ),
]
ROLES = [(name, role) for name, entry in TABLE.services.items() for role in entry.roles]


def _documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def _base(kind: str) -> dict[str, dict[str, Any]]:
    return {
        document["metadata"]["name"]: document
        for path in MANIFESTS
        if path.parent == BASE
        for document in _documents(path)
        if document["kind"] == kind
    }


def _container(workload: dict[str, Any]) -> dict[str, Any]:
    [container] = workload["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _settings(service: str) -> set[str]:
    """Return the names of the settings that the table gives a service."""
    return {name for group in TABLE.services[service].settings for name in TABLE.settings[group]}


@pytest.mark.parametrize(("service", "role"), ROLES)
def test_compose_runs_every_role_with_the_tables_settings(service: str, role: str) -> None:
    entry, container = TABLE.services[service], COMPOSE[f"{service}-{role}"]

    assert container["command"] == [entry.module, role]
    assert container["image"] == f"pichaven/{entry.image}"
    assert container["mem_limit"] == f"{entry.memory_mb}m"
    assert _settings(service) <= container["environment"].keys()
    literal = {
        name: value
        for group in entry.settings
        for name, value in TABLE.settings[group].items()
        if "$" not in value
    }
    assert literal.items() <= container["environment"].items()


@pytest.mark.parametrize(("service", "role"), ROLES)
def test_kubernetes_runs_every_role_with_the_tables_settings(service: str, role: str) -> None:
    entry = TABLE.services[service]
    container = _container(_base("Deployment")[f"{service}-{role}"])

    assert container["args"] == [entry.module, role]
    assert container["image"] == f"pichaven/{entry.image}"
    assert container["resources"]["limits"]["memory"] == f"{entry.memory_mb}Mi"
    assert {item["name"] for item in container["env"]} == _settings(service)


def test_no_service_or_role_is_missing_from_the_table() -> None:
    workloads = {f"{service}-{role}" for service, role in ROLES}
    setups = {"setup-topics", "setup-bucket"} | {
        f"setup-{name}" for name, entry in TABLE.services.items() if entry.setup
    }

    assert set(COMPOSE) == workloads | setups | set(TABLE.engines)
    assert set(_base("Deployment")) == workloads | {"gateway"}
    assert set(_base("Job")) == setups


def test_the_engines_have_the_versions_of_the_table_everywhere() -> None:
    manifests = " ".join(path.read_text() for path in MANIFESTS)
    for engine in TABLE.engines.values():
        assert COMPOSE[engine.name]["image"] == engine.image
        assert f"image: {engine.image}\n" in manifests
        if engine.name != "mongo":
            assert engine.version in engine.image


def test_setup_steps_are_the_same_commands_everywhere() -> None:
    jobs = {name: _container(job)["args"] for name, job in _base("Job").items()}
    for name, arguments in jobs.items():
        assert COMPOSE[name]["command"] == arguments


def test_the_gateway_has_the_same_upstreams_everywhere() -> None:
    variables = set(
        re.findall(
            r"PICHAVEN_GATEWAY_[A-Z]+_URL", (PROJECT / "deploy/gateway/README.md").read_text()
        )
    ) | {
        f"PICHAVEN_GATEWAY_{name}_URL"
        for name in ("IDENTITY", "UPLOAD", "GALLERY", "SEARCH", "STORAGE")
    }
    compose = set(COMPOSE["gateway"]["environment"])
    kubernetes = {item["name"] for item in _container(_base("Deployment")["gateway"])["env"]}

    assert variables <= compose
    assert variables <= kubernetes


def _every_document() -> Iterator[Any]:
    for path in MANIFESTS:
        for document in _documents(path):
            name = (
                f"{path.parent.name}/{path.stem}:{document['kind']}/{document['metadata']['name']}"
            )
            yield pytest.param(document, id=name)


@pytest.mark.parametrize("document", list(_every_document()))
def test_every_manifest_is_valid_kubernetes(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.32", strict=True)


@pytest.mark.parametrize("document", list(_every_document()))
def test_no_container_runs_as_root_or_without_limits(document: dict[str, Any]) -> None:
    template = document.get("spec", {}).get("template")
    if template is None:
        return
    pod = template["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in pod["containers"]:
        assert "memory" in container["resources"]["limits"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert not container["image"].endswith(":latest")
