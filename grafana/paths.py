"""Where the committed files lie, for whoever starts a Grafana or a Prometheus."""

from pathlib import Path

_HERE = Path(__file__).parent
DASHBOARDS = _HERE / "dashboards"
PROVISIONING = _HERE / "provisioning"
RULES = _HERE / "prometheus" / "rules.yml"
