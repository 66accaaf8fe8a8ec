"""What has to stand in Grafana, read from the files that our own Grafana is provisioned with."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from grafana import uids
from grafana.alerts.alert import DOCS_URL
from grafana.deploy.environment import expand
from grafana.deploy.rules import group_body, rule_body
from grafana.deploy.wanted import Wanted

FILES = Path(__file__).parents[1]

_DEFAULTS = {
    "HEADRACE_POSTGRES_DATABASE": "headrace",
    "HEADRACE_POSTGRES_SSLMODE": "require",
    "HEADRACE_CLICKHOUSE_PORT": "9000",
    "HEADRACE_CLICKHOUSE_USER": "headrace_reader",
    "HEADRACE_CLICKHOUSE_DATABASE": "headrace",
}
_HAS_CLICKHOUSE = "HEADRACE_CLICKHOUSE_HOST"
_OF_FILES_ONLY = {"orgId", "version", "editable", "secureJsonData"}
_THE_OWNERS = {"isDefault"}
"""Which data source is the default is the choice of whom this Grafana belongs to."""


def read(environ: Mapping[str, str], files: Path = FILES) -> list[Wanted]:
    """Read everything, in the order in which it is made. Raises OSError or ValueError."""
    return [
        Wanted("folder", uids.FOLDER, {"uid": uids.FOLDER, "title": uids.FOLDER_TITLE}),
        *_data_sources(files, environ),
        *_dashboards(files / "dashboards"),
        *(_dashboards(files / "clickhouse" / "dashboards") if environ.get(_HAS_CLICKHOUSE) else ()),
        *_alerts(files, environ.get(DOCS_URL, "")),
    ]


def _data_sources(files: Path, environ: Mapping[str, str]) -> Iterator[Wanted]:
    paths = sorted((files / "provisioning" / "datasources").glob("*.yaml"))
    if environ.get(_HAS_CLICKHOUSE):
        paths.append(files / "clickhouse" / "on.yaml")
    known = {**_DEFAULTS, **{name: value for name, value in environ.items() if value}}
    for path in paths:
        for source in _yaml(path).get("datasources") or []:
            kept = {
                key: value
                for key, value in source.items()
                if key not in _OF_FILES_ONLY | _THE_OWNERS
            }
            body, unset = expand(kept, known)
            secrets, unset_secrets = expand(source.get("secureJsonData", {}), known)
            yield Wanted("data source", source["uid"], body, secrets, unset, unset_secrets)


def _dashboards(folder: Path) -> Iterator[Wanted]:
    for path in sorted(folder.glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        del dashboard["id"]  # the number is Grafana's
        yield Wanted(
            "dashboard", dashboard["uid"], {"folderUid": uids.FOLDER, "dashboard": dashboard}
        )


def _alerts(files: Path, docs: str) -> Iterator[Wanted]:
    groups = _yaml(files / "provisioning" / "alerting" / "rules.yaml")["groups"]
    for group in groups:
        for rule in group["rules"]:
            yield Wanted("alert rule", rule["uid"], rule_body(rule, group["name"], docs))
    for group in groups:
        yield Wanted("alert group", group["name"], group_body(group))


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
