"""What kustomize and compose make of overlays and layers, where these tools are."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pichaven_contracts.topics import TOPICS
from pichaven_local.platform import PROJECT

KUBECTL, DOCKER_COMPOSE = shutil.which("kubectl"), shutil.which("docker-compose")
LAYERS = ("tls", "acme", "dev", "observability")
VARIABLES = {
    "PICHAVEN_CERT_FILE": "/etc/cert.pem",
    "PICHAVEN_KEY_FILE": "/etc/key.pem",
    "PICHAVEN_DOMAIN": "photos.example.org",
    "GRAFANA_PASSWORD": "secret",
    "PICHAVEN_ACME_EMAIL": "admin@example.org",
}


def _kustomize(overlay: Path) -> list[dict[str, Any]]:
    assert KUBECTL
    process = subprocess.run(
        [KUBECTL, "kustomize", str(overlay)], capture_output=True, text=True, check=True
    )
    return list(yaml.safe_load_all(process.stdout))


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_jobs_are_named_after_the_release(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "deploy", tmp_path / "deploy")
    overlay = tmp_path / "deploy" / "k8s" / "overlays" / "evaluation"
    file = overlay / "kustomization.yaml"
    kustomization = yaml.safe_load(file.read_text())
    kustomization["images"] = [
        {"name": "pichaven/service", "newName": "registry.example.org/service", "newTag": "1-2"}
    ]
    file.write_text(yaml.safe_dump(kustomization))

    jobs = {each["metadata"]["name"] for each in _kustomize(overlay) if each["kind"] == "Job"}

    assert {name.partition("--")[2] for name in jobs} == {"1-2"}
    assert "setup-topics--1-2" in jobs


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
@pytest.mark.parametrize("name", ["evaluation", "production"])
def test_what_setup_jobs_read_is_applied_with_them(name: str) -> None:
    documents = _kustomize(PROJECT / "deploy" / "k8s" / "overlays" / name)
    configurations = {
        each["metadata"]["name"]: each["metadata"].get("labels", {})
        for each in documents
        if each["kind"] == "ConfigMap"
    }

    read = {
        source["configMapRef"]["name"]
        for job in documents
        if job["kind"] == "Job"
        for container in job["spec"]["template"]["spec"]["containers"]
        for source in container["envFrom"]
    }

    assert read
    for each in read:
        assert configurations[each] == {"app.kubernetes.io/component": "setup"}


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_evaluation_fits_two_cores() -> None:
    cpus = sum(
        float(container["resources"]["requests"]["cpu"].removesuffix("m")) / 1000
        for document in _kustomize(PROJECT / "deploy" / "k8s" / "overlays" / "evaluation")
        if "template" in document.get("spec", {})
        for container in document["spec"]["template"]["spec"]["containers"]
    )

    # Kubernetes itself requests about half of one.
    assert cpus < 1.5


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_production_scales_every_workload_on_groups_that_exist() -> None:
    documents = _kustomize(PROJECT / "deploy" / "k8s" / "overlays" / "production")
    by_kind: dict[str, dict[str, Any]] = {}
    for document in documents:
        name, spec = document["metadata"]["name"], document.get("spec", {})
        by_kind.setdefault(document["kind"], {})[name] = spec
        group, _, version = document["apiVersion"].rpartition("/")
        if version and ("." not in group or group.endswith(".k8s.io")):
            kubernetes_validate.validate(document, "1.32", strict=True)
    unscaled = {name for name, spec in by_kind["Deployment"].items() if "replicas" not in spec}
    scaled = {
        spec["scaleTargetRef"]["name"]
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for spec in by_kind[kind].values()
    }
    assert unscaled == scaled
    topics = {topic.name: topic.partitions for topic in TOPICS}
    sources = " ".join(
        path.read_text() for path in (PROJECT / "services").glob("*/src/**/subscribers.py")
    )
    for name, spec in by_kind["ScaledObject"].items():
        for trigger in spec["triggers"]:
            group, topic = (trigger["metadata"][each] for each in ("consumerGroup", "topic"))
            subject = topic.split(".")[1]
            assert f'"{group}"' in sources or group == f"{name.split('-')[0]}-{subject}"
            assert spec["maxReplicaCount"] <= topics[topic]


@pytest.mark.skipif(DOCKER_COMPOSE is None, reason="docker-compose is not installed")
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_valid_compose(layer: str) -> None:
    assert DOCKER_COMPOSE
    process = subprocess.run(
        [DOCKER_COMPOSE, "-f", "docker-compose.yml", "-f", f"compose.{layer}.yml", "config"],
        cwd=PROJECT,
        env=os.environ | VARIABLES,
        capture_output=True,
        text=True,
        check=True,
    )
    assert yaml.safe_load(process.stdout)["services"]["gateway"]["image"].startswith("traefik:")
