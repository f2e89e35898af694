"""Compose and Kubernetes have the services, settings and engines of the platform table."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from deploy.gateway.merge_openapi import PUBLIC_SERVICES

from pichaven_chassis.settings import (
    ElasticsearchSettings,
    KafkaSettings,
    MongoSettings,
    StorageSettings,
)
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
_DRAIN = "PICHAVEN_HTTP_DRAIN_S"
_KEY_OF_KEYS = "PICHAVEN_IDENTITY_KEY_ENCRYPTION_KEY"
ROLES = [(name, role) for name, entry in TABLE.services.items() for role in entry.roles]


@cache
def _documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.load_all(path.read_text(), yaml.CSafeLoader) if document]


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


def _secrets_by_volume() -> dict[str, set[str]]:
    """Return the settings that services of compose read from files."""
    script = (PROJECT / "deploy/compose/volumes.sh").read_text()
    shares = re.findall(r"^share (\w+) (.+)$", script, re.MULTILINE)
    return {f"secrets-{name}": set(names.split()) for name, names in shares}


def _secret_files(container: dict[str, Any]) -> set[str]:
    [volume] = [each for each in container["volumes"] if each.startswith("secrets")]
    return _secrets_by_volume()[volume.removesuffix(":/secrets:ro")]


def _engine_addresses() -> dict[str, str]:
    lines = (BASE / "engines.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def _secured_names() -> set[str]:
    return {name for names in TABLE.secured.values() for name in names}


def test_the_settings_of_secured_engines_are_those_of_the_code() -> None:
    sources = (KafkaSettings, MongoSettings, StorageSettings, ElasticsearchSettings)
    names = {
        f"{source.model_config['env_prefix']}{name.upper()}"
        for source in sources
        for name in source.model_fields
    }
    gateway = (PROJECT / "deploy/gateway/dynamic.yml").read_text()

    for name in _secured_names():
        assert name in names or f'env "{name}"' in gateway
    assert set().union(*_secrets_by_volume().values()) - {_KEY_OF_KEYS} <= names


@pytest.mark.parametrize(("service", "role"), ROLES)
def test_compose_runs_every_role_with_the_tables_settings(service: str, role: str) -> None:
    entry, container = TABLE.services[service], COMPOSE[f"{service}-{role}"]

    assert container["command"] == [entry.module, role]
    image = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", container["image"])
    assert image == f"localhost/pichaven/{entry.image}"
    assert container["mem_limit"] == f"{entry.memory_mb}m"
    secret = _secret_files(container)
    assert _settings(service) <= container["environment"].keys() | secret
    secured = {name for group in entry.settings for name in TABLE.secured.get(group, ())}
    assert {name for name in container["environment"] if name in _secured_names()} <= secured
    own = {_KEY_OF_KEYS} if service == "identity" else set()
    assert secret <= _settings(service) | secured | own
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
    assert container["envFrom"] == [{"configMapRef": {"name": "engines"}}]
    names = {item["name"] for item in container["env"]}
    # Only a cluster sends requests to a pod that ends.
    assert (_DRAIN in names) == (role == "api")
    names.discard(_DRAIN)
    assert names <= _settings(service) <= names | _engine_addresses().keys()


def test_no_service_or_role_is_missing_from_the_table() -> None:
    workloads = {f"{service}-{role}" for service, role in ROLES}
    setups = {"setup-topics", "setup-bucket"} | {
        f"setup-{name}" for name, entry in TABLE.services.items() if entry.setup
    }

    assert set(COMPOSE) == workloads | setups | set(TABLE.engines) | {"web", "setup-volumes"}
    assert set(_base("Deployment")) == workloads | {"gateway", "web"}
    assert set(_base("Job")) == {f"{name}--release" for name in setups}


def test_kustomize_builds_every_manifest_of_the_base() -> None:
    resources = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in MANIFESTS if path.parent == BASE} <= set(resources)


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
        assert COMPOSE[name.removesuffix("--release")]["command"] == arguments


def _upstreams() -> dict[str, int]:
    """Return the upstreams of `dynamic.yml` with their default ports."""
    text = (PROJECT / "deploy/gateway/dynamic.yml").read_text()
    [line] = re.findall(r"\$ports := dict (.+) }}", text)
    return {name: int(port) for name, port in re.findall(r'"(\w+)" "(\d+)"', line)}


def _public_services() -> set[str]:
    return _upstreams().keys() & TABLE.services.keys()


def test_the_gateway_has_the_same_upstreams_everywhere() -> None:
    upstreams = _upstreams()
    addresses = {f"PICHAVEN_GATEWAY_{name.upper()}_URL" for name in upstreams}
    kubernetes = {item["name"] for item in _container(_base("Deployment")["gateway"])["env"]}

    for environment in (set(COMPOSE["gateway"]["environment"]), kubernetes):
        assert {name for name in environment if name.endswith("_URL")} == addresses
    for name in _public_services():
        assert upstreams[name] == TABLE.services[name].port


def test_public_services_are_documented() -> None:
    readme = (PROJECT / "deploy/gateway/README.md").read_text()

    assert set(PUBLIC_SERVICES) == _public_services(), "deploy/gateway/merge_openapi.py"
    for name in _public_services():
        assert f"\n| {name} | " in readme, "deploy/gateway/README.md, Routes"
        assert name.upper() in readme, "deploy/gateway/README.md, variables"


def _names_in(selector: dict[str, Any]) -> set[str]:
    """Return the application names that a pod selector of a network policy lists."""
    key = "app.kubernetes.io/name"
    expressions = selector.get("matchExpressions", ())
    names = {name for each in expressions if each["key"] == key for name in each["values"]}
    if "matchLabels" in selector:
        names.add(selector["matchLabels"][key])
    return names


def test_network_policies_let_callers_in() -> None:
    allowed = {
        (caller, called)
        for policy in _base("NetworkPolicy").values()
        for rule in policy["spec"].get("ingress", ())
        for peer in rule.get("from", ())
        if "podSelector" in peer
        for caller in _names_in(peer["podSelector"])
        for called in _names_in(policy["spec"]["podSelector"])
    }
    calls = {("gateway", name) for name in (*_public_services(), "web")} | {
        (caller, called)
        for caller in TABLE.services
        for called in TABLE.needs(caller) & TABLE.services.keys()
        if caller != called
    }
    assert allowed == calls


def test_every_image_has_its_services() -> None:
    dockerfile = (PROJECT / "deploy/docker/Dockerfile").read_text()
    stages = dict(
        re.findall(r"^FROM runtime AS (\S+)\n(.+?)(?=^FROM )", dockerfile, re.MULTILINE | re.DOTALL)
    )
    for name, entry in TABLE.services.items():
        assert f"/source/{entry.module} " in stages[entry.image], f"no COPY of {name}"


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
