"""The candidate ml of a model switch has the settings of the current ml."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pichaven_local.platform import PROJECT

OVERRIDES = {"PICHAVEN_ML_CANDIDATE", "PICHAVEN_CLIP_MODEL", "PICHAVEN_CLIP_PRETRAINED"}
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
NEXT_FILE = PROJECT / "compose.ml-next.yml"
NEXT = yaml.safe_load(NEXT_FILE.read_text())["services"]
COMPONENT = PROJECT / "deploy" / "k8s" / "components" / "ml-next"
KUBECTL, DOCKER_COMPOSE = shutil.which("kubectl"), shutil.which("docker-compose")


def _documents(*paths: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (document["kind"], document["metadata"]["name"]): document
        for path in paths
        for document in yaml.safe_load_all(path.read_text())
        if document
    }


MANIFESTS = _documents(COMPONENT / "ml-next.yaml", COMPONENT / "reembed.yaml")
BASE = _documents(PROJECT / "deploy" / "k8s" / "base" / "ml.yaml")


def _container(workload: dict[str, Any]) -> dict[str, Any]:
    [container] = workload["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _environment(workload: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item for item in _container(workload)["env"]}


@pytest.mark.parametrize("role", ["api", "worker", "reembed"])
def test_compose_gives_the_second_ml_the_settings_of_the_first(role: str) -> None:
    first, second = (
        COMPOSE["ml-worker" if role == "reembed" else f"ml-{role}"],
        NEXT[f"ml-next-{role}"],
    )
    assert second["command"] == ["pichaven_ml", role]
    assert {
        name: value for name, value in second["environment"].items() if name not in OVERRIDES
    } == {name: value for name, value in first["environment"].items() if name not in OVERRIDES}
    assert second["environment"].keys() >= OVERRIDES
    assert second["image"] == "localhost/pichaven/ml-open-clip"
    assert second["depends_on"] == first["depends_on"]
    if role != "reembed":
        assert second["healthcheck"] == first["healthcheck"]
    for key in ("mem_limit", "volumes", "read_only", "cap_drop", "security_opt"):
        assert second[key] == first[key]


@pytest.mark.parametrize("role", ["api", "worker"])
def test_kubernetes_runs_the_second_ml_as_the_first(role: str) -> None:
    first = BASE["Deployment", f"ml-{role}"]
    second = MANIFESTS["Deployment", f"ml-next-{role}"]
    container = _container(second)
    own = {"env", "image"}
    assert container["image"] == "pichaven/ml-open-clip"
    assert {key: value for key, value in container.items() if key not in own} == {
        key: value for key, value in _container(first).items() if key not in own
    }
    assert _environment(second).keys() == _environment(first).keys() | OVERRIDES
    # The first's Kubernetes Service must not select the second.
    labels = second["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "ml-next"
    assert second["spec"]["selector"]["matchLabels"] == labels


def test_the_job_has_the_workers_settings() -> None:
    job = MANIFESTS["Job", "ml-next-reembed"]
    assert _environment(job) == _environment(MANIFESTS["Deployment", "ml-next-worker"])
    assert _container(job)["args"] == ["pichaven_ml", "reembed"]


@pytest.mark.parametrize("name", MANIFESTS, ids="/".join)
def test_every_manifest_is_valid_kubernetes(name: tuple[str, str]) -> None:
    kubernetes_validate.validate(MANIFESTS[name], "1.32", strict=True)


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_an_overlay_with_the_component_builds(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "deploy", tmp_path / "deploy")
    overlay = tmp_path / "deploy" / "k8s" / "overlays" / "switching"
    overlay.mkdir()
    generated = [{"name": "ml-next", "literals": ["model=ViT-B-32", "pretrained=x"]}]
    (overlay / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "namespace": "pichaven",
                "resources": ["../evaluation"],
                "components": ["../../components/ml-next"],
                "configMapGenerator": generated,
            }
        )
    )
    assert KUBECTL
    process = subprocess.run(
        [KUBECTL, "kustomize", str(overlay)], capture_output=True, text=True, check=True
    )
    documents = {
        (document["kind"], document["metadata"]["name"]): document
        for document in yaml.safe_load_all(process.stdout)
    }
    for role in ("api", "worker"):
        search = _environment(documents["Deployment", f"search-{role}"])
        assert search["PICHAVEN_ML_URLS"]["value"] == "http://ml:8000,http://ml-next:8000"
    assert ("Service", "ml-next") in documents


@pytest.mark.skipif(DOCKER_COMPOSE is None, reason="docker-compose is not installed")
def test_the_overlay_is_valid_compose() -> None:
    settings = {
        "PICHAVEN_NEXT_CLIP_MODEL": "ViT-B-32",
    }
    assert DOCKER_COMPOSE
    process = subprocess.run(
        [DOCKER_COMPOSE, "-f", "docker-compose.yml", "-f", str(NEXT_FILE), "config"],
        cwd=PROJECT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    services = yaml.safe_load(process.stdout)["services"]
    for role in ("api", "worker"):
        search = services[f"search-{role}"]["environment"]
        assert search["PICHAVEN_ML_URLS"] == "http://ml-api:8000,http://ml-next-api:8000"
