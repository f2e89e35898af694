"""The dashboard of Grafana, as code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

_WIDTH: Final = 24
_HEIGHT: Final = 8
_RATE: Final = "$__rate_interval"
_DATASOURCE: Final = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True, slots=True)
class Panel:
    """Series over time."""

    title: str
    expression: str
    legend: str
    unit: str = "short"
    may_be_empty: bool = False
    """Whether it has no series where nothing has failed, or no exporter of them runs."""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: Sequence[Panel]


def _quantile(share: float, metric: str, by: str, where: str = "") -> str:
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{where}[{_RATE}])))"


_HTTP: Final = "pichaven_http_request_seconds"
_EVENTS: Final = "pichaven_event_handling_seconds"
_DISKS: Final = '{fstype!~"tmpfs|overlay|squashfs"}'
ROWS: Final = (
    Row(
        "Photos",
        (
            Panel(
                "Photos ready and failed",
                f"sum by (status) (rate(pichaven_photo_outcome_seconds_count[{_RATE}]))",
                "{{status}}",
                "ops",
            ),
            Panel(
                "Time to ready, 95 of 100",
                _quantile(0.95, "pichaven_photo_outcome_seconds", "status"),
                "{{status}}",
                "s",
            ),
            Panel(
                "Longest wait for an outcome now",
                "max(pichaven_oldest_processing_photo_seconds)",
                "oldest photo",
                "s",
            ),
            Panel(
                "Records not consumed yet", "sum by (group) (pichaven_consumer_lag)", "{{group}}"
            ),
        ),
    ),
    Row(
        "Requests",
        (
            Panel(
                "Requests by service",
                f"sum by (service) (rate({_HTTP}_count[{_RATE}]))",
                "{{service}}",
                "reqps",
            ),
            Panel(
                "Server errors by route",
                f'sum by (service, route, status) (rate({_HTTP}_count{{status=~"5.."}}[{_RATE}]))',
                "{{service}} {{route}} {{status}}",
                "reqps",
                may_be_empty=True,
            ),
            Panel(
                "Time to the first byte, 95 of 100",
                _quantile(0.95, _HTTP, "service"),
                "{{service}}",
                "s",
            ),
            Panel(
                "Slowest routes, 95 of 100",
                f"topk(10, {_quantile(0.95, _HTTP, 'service, method, route')})",
                "{{service}} {{method}} {{route}}",
                "s",
            ),
            Panel(
                "Gateway by status",
                f"sum by (code) (rate(traefik_entrypoint_requests_total[{_RATE}]))",
                "{{code}}",
                "reqps",
            ),
            Panel(
                "Degraded searches",
                f"sum(rate(pichaven_degraded_searches_total[{_RATE}]))",
                "by words alone",
                "reqps",
            ),
        ),
    ),
    Row(
        "Events",
        (
            Panel(
                "Handled by group and outcome",
                f"sum by (group, outcome) (rate({_EVENTS}_count[{_RATE}]))",
                "{{group}} {{outcome}}",
                "ops",
            ),
            Panel(
                "Time to handle a record, 95 of 100",
                _quantile(0.95, _EVENTS, "group, type"),
                "{{group}} {{type}}",
                "s",
            ),
            Panel(
                "From change to Kafka, 95 of 100",
                _quantile(0.95, "pichaven_outbox_delay_seconds", "outbox"),
                "{{outbox}}",
                "s",
            ),
            Panel(
                "Dead letters",
                f'sum by (group, type) (increase({_EVENTS}_count{{outcome="dead"}}[1h]))',
                "{{group}} {{type}}",
                may_be_empty=True,
            ),
            Panel(
                "Published by topic",
                f"sum by (topic) (rate(pichaven_events_published_total[{_RATE}]))",
                "{{topic}}",
                "ops",
            ),
            Panel(
                "Index differences",
                "sum by (kind) (increase(pichaven_index_differences_total[1h]))",
                "{{kind}}",
            ),
        ),
    ),
    Row(
        "Processes",
        (
            Panel(
                "Failing checks",
                "max by (service, check) (pichaven_failing_check)",
                "{{service}} {{check}}",
            ),
            Panel(
                "Resident memory",
                "sum by (service, role) (process_resident_memory_bytes)",
                "{{service}} {{role}}",
                "bytes",
            ),
            Panel(
                "CPU",
                f"sum by (service, role) (rate(process_cpu_seconds_total[{_RATE}]))",
                "{{service}} {{role}}",
            ),
            Panel(
                "Open files", "sum by (service, role) (process_open_fds)", "{{service}} {{role}}"
            ),
            Panel(
                "Disk in use",
                f"1 - min by (instance, mountpoint) (node_filesystem_avail_bytes{_DISKS}"
                f" / node_filesystem_size_bytes{_DISKS})"
                " or 1 - min by (namespace, persistentvolumeclaim)"
                " (kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes)",
                "{{mountpoint}}{{persistentvolumeclaim}}",
                "percentunit",
                may_be_empty=True,
            ),
        ),
    ),
)


def panels() -> Iterator[Panel]:
    for row in ROWS:
        yield from row.panels


def dashboard() -> dict[str, Any]:
    """Return the dashboard in Grafana's JSON."""
    documents: list[dict[str, Any]] = []
    y = 0
    for row in ROWS:
        documents.append(_placed(documents, 0, y, _WIDTH, 1) | {"type": "row", "title": row.title})
        y += 1
        for number, panel in enumerate(row.panels):
            x = number % 2 * _WIDTH // 2
            documents.append(_placed(documents, x, y, _WIDTH // 2, _HEIGHT) | _series(panel))
            y += _HEIGHT * (number % 2 or number == len(row.panels) - 1)
    return {
        "uid": "pichaven",
        "title": "PicHaven",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "panels": documents,
    }


def _placed(before: Sequence[object], x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {"id": len(before) + 1, "gridPos": {"x": x, "y": y, "w": width, "h": height}}


def _series(panel: Panel) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {
                "refId": "A",
                "datasource": _DATASOURCE,
                "expr": panel.expression,
                "legendFormat": panel.legend,
            }
        ],
    }
