"""Write the dashboard for Grafana, and the rules for the Prometheus operator."""

import json
from typing import Any, Final

import yaml
from deploy.observability.dashboards import dashboard

from pichaven_local.platform import PROJECT

RULES: Final = PROJECT / "deploy" / "observability" / "rules.yml"
DASHBOARD: Final = PROJECT / "deploy" / "observability" / "grafana" / "dashboards" / "pichaven.json"
RESOURCE: Final = PROJECT / "deploy" / "k8s" / "components" / "monitoring" / "rules.yaml"


def resource() -> dict[str, Any]:
    """Return the rules as a PrometheusRule."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "pichaven"},
        "spec": yaml.safe_load(RULES.read_text()),
    }


def main() -> None:
    DASHBOARD.write_text(json.dumps(dashboard(), indent=1) + "\n")
    text = yaml.safe_dump(resource(), sort_keys=False, width=100)
    RESOURCE.write_text(f"# Written by `make contracts` of deploy/observability/rules.yml.\n{text}")


if __name__ == "__main__":
    main()
