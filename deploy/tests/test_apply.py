"""A real API server takes every overlay, the release after it, and the one before it again."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.docker.images import TARGETS
from deploy.k8s.api_server import Kubectl, NoApiServer, api_server
from deploy.k8s.overlay import change

from pichaven_local.platform import PROJECT

pytestmark = pytest.mark.slow

MODEL = {"name": "ml-next", "literals": ["model=ViT-B-32", "pretrained=laion2b_s34b_b79k"]}
SETUP = ("--selector", "app.kubernetes.io/component=setup")


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    try:
        with api_server(tmp_path_factory.mktemp("api-server")) as kubectl:
            kubectl.run("create", "namespace", "pichaven")
            yield kubectl
    except NoApiServer as error:
        pytest.skip(str(error))


@pytest.fixture(params=["evaluation", "production", "evaluation with a second model"])
def overlay(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder of a copy."""
    shutil.copytree(PROJECT / "deploy", tmp_path / "deploy")
    name, _, has_second_model = request.param.partition(" ")
    overlay = tmp_path / "deploy" / "k8s" / "overlays" / name
    if has_second_model:
        component = {"components": ["../../components/ml-next"], "configMapGenerator": [MODEL]}
        change(overlay, component)
    return overlay


def apply(kubectl: Kubectl, overlay: Path, version: str) -> None:
    """Apply a release in the order of the README."""
    images = [
        {"name": f"pichaven/{name}", "newName": f"registry.example.org/{name}", "newTag": version}
        for name in TARGETS
    ]
    change(overlay, {"images": images})
    options = ("--server-side", "--validate=strict", "-k", str(overlay))
    kubectl.run("apply", *options, *SETUP)
    kubectl.run("apply", *options)


def define_foreign_kinds(kubectl: Kubectl, overlay: Path) -> None:
    """Define the kinds of operators' own, without what their definitions would check."""
    documents = yaml.safe_load_all(kubectl.run("kustomize", str(overlay)))
    kinds = {(document["apiVersion"], document["kind"]) for document in documents}
    for api, kind in kinds:
        group, _, version = api.rpartition("/")
        if "." in group and not group.endswith(".k8s.io"):
            definition = custom_resource(group, version, kind)
            kubectl.run("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(definition))
            name = definition["metadata"]["name"]
            kubectl.run("wait", "--for=condition=established", f"crd/{name}")


def custom_resource(group: str, version: str, kind: str) -> dict[str, Any]:
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def read(kubectl: Kubectl, kind: str) -> dict[str, dict[str, Any]]:
    """Return the platform's objects of a kind by name."""
    items = yaml.safe_load(kubectl.run("-n", "pichaven", "get", kind, "-o", "yaml"))["items"]
    return {item["metadata"]["name"]: item for item in items}


def versions(kubectl: Kubectl) -> set[str]:
    """Return the versions of the project's images that deployments run."""
    return {
        container["image"].rpartition(":")[2]
        for deployment in read(kubectl, "deployment").values()
        for container in deployment["spec"]["template"]["spec"]["containers"]
        if container["image"].startswith("registry.example.org/")
    }


def test_releases_follow_one_another(kubectl: Kubectl, overlay: Path) -> None:
    define_foreign_kinds(kubectl, overlay)
    earlier_jobs = read(kubectl, "job").keys()
    # Jobs of other overlays are still there, and are not the same.
    first, second = secrets.token_hex(4), secrets.token_hex(4)

    apply(kubectl, overlay, first)
    assert versions(kubectl) == {first}
    first_jobs = read(kubectl, "job").keys() - earlier_jobs

    apply(kubectl, overlay, second)
    assert versions(kubectl) == {second}
    jobs = read(kubectl, "job").keys()
    assert len(jobs - earlier_jobs) == 2 * len(first_jobs)

    # Back again: the first release's jobs are there as they were.
    apply(kubectl, overlay, first)
    assert versions(kubectl) == {first}
    assert read(kubectl, "job").keys() == jobs
