"""The files that Grafana and Prometheus read, made of the declarations."""

from collections.abc import Mapping
from typing import Any

import yaml

from grafana.alerts import grafana_rules, notifications, prometheus_rules
from grafana.alerts.declared import ALERTS
from grafana.alerts.grafana_rules import PanelIds

_MADE = "# Made by `python -m grafana` of grafana/alerts: change it there.\n"


def files(panels: PanelIds, docs: str = "") -> dict[str, str]:
    """Give the text of each file, by its path below grafana/; `docs` is their published address."""
    alerting: dict[str, Mapping[str, Any]] = {
        "rules": {"groups": grafana_rules.groups(ALERTS, panels, docs)},
        "contact-points": {"contactPoints": notifications.contact_points()},
        "policies": {"policies": notifications.policies()},
    }
    return {
        f"provisioning/alerting/{name}.yaml": _text({"apiVersion": 1, **content})
        for name, content in alerting.items()
    } | {"prometheus/rules.yml": _text(prometheus_rules.rules(ALERTS, docs))}


class _Readable(yaml.SafeDumper):
    """Queries as blocks of lines; nothing said once by naming another place."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _block)


def _text(content: Mapping[str, Any]) -> str:
    return _MADE + yaml.dump(content, Dumper=_Readable, sort_keys=False, width=100)
