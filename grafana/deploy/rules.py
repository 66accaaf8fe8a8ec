"""Alert rules of a provisioning file, as Grafana's HTTP API takes and gives them.

The API calls some things by other names, and writes durations in its own way (`90s` is `1m30s`).
Nothing is expanded: Grafana takes a rule's queries from the file as they stand.
"""

import re
from collections.abc import Mapping
from typing import Any

from grafana import uids
from grafana.alerts.alert import RUNBOOK, runbook_at

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_NAMES = {"keepFiringFor": "keep_firing_for"}
_DURATIONS = ("for", "keep_firing_for")
_IN_ANNOTATIONS = {"dashboardUid": "__dashboardUid__", "panelId": "__panelId__"}


def rule_body(rule: Mapping[str, Any], group: str, docs: str = "") -> dict[str, Any]:
    """Give the body of one rule. The organisation is not in it: it is the token's.

    With the address of the docs its runbook becomes a button.
    """
    body = {_NAMES.get(name, name): of for name, of in rule.items() if name not in _IN_ANNOTATIONS}
    links = {to: str(rule[name]) for name, to in _IN_ANNOTATIONS.items() if name in rule}
    annotations = dict(rule.get("annotations", {}))
    if RUNBOOK in annotations:
        annotations |= runbook_at(annotations.pop(RUNBOOK), docs)
    body["annotations"] = {**links, **annotations}
    return {**body, "folderUID": uids.FOLDER, "ruleGroup": group}


def group_body(group: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a group has beside its rules: how often they are looked at, in seconds."""
    return {"interval": int(seconds(group["interval"]))}


def even(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Give the rule with durations that compare: in seconds, however they were written."""
    durations = {name: seconds(rule[name]) for name in _DURATIONS if rule.get(name)}
    return {**rule, **durations}


def seconds(duration: str) -> float:
    """Read a duration as Prometheus writes them: `90s`, `1m30s`. Raises ValueError."""
    if not re.fullmatch(rf"0|({_PART.pattern})+", duration):
        raise ValueError(f"{duration!r} is no duration such as 90s or 5m")
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(duration))
