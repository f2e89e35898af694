"""Alerts and dashboards name metrics that exist, and every alert has its page."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from deploy.observability.dashboards import dashboard, panels
from deploy.observability.generate import DASHBOARD, RESOURCE, resource

from pichaven_local.platform import PROJECT, load_table

OBSERVABILITY = PROJECT / "deploy" / "observability"
ALERTS = PROJECT / "docs" / "operations" / "alerts"
RULES: list[dict[str, Any]] = yaml.safe_load((OBSERVABILITY / "rules.yml").read_text())["groups"][
    0
]["rules"]
SERIES = {
    "Counter": ("",),
    "Gauge": ("",),
    "Histogram": ("_count", "_sum", "_bucket"),
}
FOREIGN = {
    "up",
    "traefik_entrypoint_requests_total",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "process_open_fds",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
"""Of Prometheus, its client library, the gateway, the node exporter and the kubelet."""


def _metrics() -> Iterator[tuple[str, set[str]]]:
    """Yield each series of the services' code and its labels."""
    for folder in ("libs", "services"):
        for path in (PROJECT / folder).glob("**/src/**/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                match node.args:
                    case [ast.Constant(value=str(name)), _, *rest] if node.func.id in SERIES:
                        labels = ast.literal_eval(rest[0]) if rest else []
                        for suffix in SERIES[node.func.id]:
                            yield name + suffix, {*labels, *(["le"] if suffix == "_bucket" else [])}


METRICS = dict(_metrics())


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (panel.expression for panel in panels())


def test_expressions_name_series_and_labels_that_exist() -> None:
    existing = {"service", "role", "job", "instance", "code", "fstype", "mountpoint", "namespace"}
    existing |= {"persistentvolumeclaim"} | set().union(*METRICS.values())
    for expression in _expressions():
        series = re.findall(r"\b([a-z_]+_[a-z_]+|up)(?=[\[{ )]|$)", expression)
        names = {name for name in series if name not in {"histogram_quantile", "or", "and"}}
        assert names, expression
        assert names <= METRICS.keys() | FOREIGN, expression
        labels = {
            label.strip()
            for group in re.findall(r"by \(([^)]*)\)", expression)
            for label in group.split(",")
        } | set(re.findall(r"(\w+)(?:=~|!~|=|!=)\"", expression))
        assert labels <= existing, expression


def test_every_metric_is_in_a_dashboard_or_an_alert() -> None:
    text = " ".join(_expressions())
    families = {re.sub(r"_(count|sum|bucket)$", "", name) for name in METRICS}
    assert {name for name in families if name not in text} <= {
        # The number that differences are part of, for a question at hand.
        "pichaven_index_compared_photos_total"
    }


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert {path.stem for path in ALERTS.glob("*.md")} == {rule["alert"] for rule in RULES}
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/operations/alerts/{rule['alert']}.md"
        assert (ALERTS / f"{rule['alert']}.md").read_text().startswith(f"# {rule['alert']}\n")
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_what_is_generated_is_written_anew() -> None:
    assert json.loads(DASHBOARD.read_text()) == dashboard()
    assert yaml.safe_load(RESOURCE.read_text()) == resource()


def test_prometheus_of_compose_reads_every_role() -> None:
    config = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())
    [pichaven] = [job for job in config["scrape_configs"] if job["job_name"] == "pichaven"]
    targets = {target.split(":")[0] for target in pichaven["static_configs"][0]["targets"]}
    layer = yaml.safe_load((PROJECT / "compose.observability.yml").read_text())["services"]
    traced = {name for name, entry in layer.items() if "PICHAVEN_TELEMETRY_" in str(entry)}
    roles = {
        f"{name}-{role}" for name, entry in load_table().services.items() for role in entry.roles
    }
    assert targets == traced == roles


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_rules_pass_their_own_tests() -> None:
    command = ["promtool", "test", "rules", str(OBSERVABILITY / "rules_test.yml")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
