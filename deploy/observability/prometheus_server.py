"""A Prometheus of its own on loopback, on rules whose time runs faster."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from pichaven_local.platform import PROJECT
from pichaven_local.ports import Ports

FOLDER: Final = PROJECT / "deploy" / "observability"
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|(?<=offset )(\d+)([smhd])")


class MissingProgram(Exception):
    """Raised where Prometheus is not installed; the message says how it is."""


@dataclass(frozen=True, slots=True)
class Target:
    """A process that exports metrics."""

    job: str
    service: str
    address: str


def faster(rules: str, speed: int, thresholds: Mapping[str, tuple[str, str]]) -> str:
    """Return rules whose durations are divided by `speed`.

    `thresholds` gives by alert what is replaced in its expression, and by what.
    """
    document = yaml.safe_load(rules)
    for rule in document["groups"][0]["rules"]:
        old, new = thresholds.get(rule["alert"], ("", ""))
        assert old in rule["expr"], f"{rule['alert']}: no {old}"
        rule["expr"] = _DURATION.sub(
            lambda match: _seconds(match, speed),
            rule["expr"].replace(old, new) if old else rule["expr"],
        )
        if "for" in rule:
            rule["for"] = f"{_to_seconds(rule['for']) // speed}s"
    return yaml.safe_dump(document)


def _seconds(match: re.Match[str], speed: int) -> str:
    return f"{_to_seconds(match.group()) // speed}s"


def _to_seconds(duration: str) -> int:
    return int(duration[:-1]) * _UNITS_S[duration[-1]]


class PrometheusServer:
    def __init__(self, url: str) -> None:
        self._url = url

    def alerts(self) -> dict[str, list[Mapping[str, str]]]:
        """Return the labels of what fires, by alert."""
        firing: dict[str, list[Mapping[str, str]]] = {}
        for alert in self._get("alerts")["alerts"]:
            if alert["state"] == "firing":
                firing.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return firing

    def query(self, expression: str) -> Sequence[Mapping[str, Any]]:
        """Return the series that an expression has now."""
        result: Sequence[Mapping[str, Any]] = self._get("query", query=expression)["result"]
        return result

    def _get(self, path: str, **parameters: str) -> Any:
        response = httpx.get(
            f"{self._url}/api/v1/{path}", params=parameters, timeout=10, trust_env=False
        )
        return response.raise_for_status().json()["data"]


@contextmanager
def running_prometheus(targets: Sequence[Target], rules: str) -> Iterator[PrometheusServer]:
    """Run Prometheus, which reads the targets every second. Raises `MissingProgram`."""
    program = shutil.which("prometheus")
    if program is None:
        raise MissingProgram("Prometheus is not installed (Debian: apt-get install prometheus)")
    port = Ports.free().gateway
    with tempfile.TemporaryDirectory(prefix="pichaven-prometheus-") as name:
        folder = Path(name)
        (folder / "rules.yml").write_text(rules)
        jobs = sorted({target.job for target in targets})
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules.yml")],
            "scrape_configs": [
                {
                    "job_name": job,
                    # Readiness, which a process checks when its metrics are read, may take 3 s.
                    "scrape_interval": "5s",
                    "scrape_timeout": "5s",
                    "static_configs": [
                        {"targets": [each.address], "labels": {"service": each.service}}
                        for each in targets
                        if each.job == job
                    ],
                }
                for job in jobs
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    program,
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                env=dict(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                yield PrometheusServer(f"http://127.0.0.1:{port}")
            finally:
                process.terminate()
                process.wait(20)
