"""The HTTP calls, by grafana-client: reads one thing, makes it, changes it.

Rules are written without provenance (X-Disable-Provenance): people may edit them in Grafana. A
dashboard is never written with `overwrite`, which would take one of the same title with it: its
version says which one it replaces.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from grafana_client import GrafanaApi
from grafana_client.client import GrafanaException

from grafana import uids
from grafana.deploy.errors import Doing, says_missing, told
from grafana.deploy.plan import Action
from grafana.deploy.wanted import Kind, Wanted

_SECONDS = 30.0


class Grafana:
    """Keeps its connection until it is closed. Every method raises DeployError."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._api = GrafanaApi.from_url(f"{self._url}/", credential=token, timeout=_SECONDS)
        self._read: Mapping[Kind, Callable[[Wanted], Any]] = {
            "folder": lambda wanted: self._api.folder.get_folder(wanted.uid),
            "data source": self._read_data_source,
            "dashboard": lambda wanted: self._api.dashboard.get_dashboard(wanted.uid),
            "alert rule": lambda wanted: self._api.alertingprovisioning.get_alertrule(wanted.uid),
            "alert group": lambda wanted: self._read_group(wanted.uid),
        }
        self._write: Mapping[Kind, Callable[[Action], Any]] = {
            "folder": lambda action: self._api.folder.create_folder(
                action.wanted.body["title"], action.wanted.uid
            ),
            "data source": self._write_data_source,
            "dashboard": self._write_dashboard,
            "alert rule": self._write_rule,
            "alert group": self._write_group,
        }

    def close(self) -> None:
        self._api.client.s.close()

    def find(self, wanted: Wanted) -> dict[str, Any] | None:
        """Give Grafana's answer about it, None where it has none."""
        with told(self._url, wanted.kind, "read", wanted.uid):
            found: dict[str, Any] | None = _or_none(lambda: self._read[wanted.kind](wanted))
        return found

    def carry_out(self, action: Action) -> None:
        """Create or update; anything else is no call."""
        if action.verb in {"create", "update"}:
            doing: Doing = "create" if action.verb == "create" else "update"
            with told(self._url, action.wanted.kind, doing, action.wanted.uid):
                self._write[action.wanted.kind](action)

    def _read_data_source(self, wanted: Wanted) -> Any:
        """Read it by its uid, or else the one that has its name."""
        sources = self._api.datasource
        found = _or_none(lambda: sources.get_datasource_by_uid(wanted.uid))
        return found or sources.get_datasource_by_name(quote(wanted.body["name"], safe=""))

    def _read_group(self, name: str) -> Any:
        rules = self._api.alertingprovisioning
        return rules.get_rule_group(uids.FOLDER, quote(name, safe=""))

    def _write_data_source(self, action: Action) -> None:
        wanted, found = action.wanted, action.found
        if found is None:
            body = {**wanted.body, "isDefault": False, "secureJsonData": dict(wanted.secrets)}
            self._api.datasource.create_datasource(body)
            return
        kept = {name: found[name] for name in ("isDefault", "version") if name in found}
        secrets = {"secureJsonData": dict(wanted.secrets)} if action.with_secrets else {}
        body = {**wanted.body, **kept, **secrets}
        self._api.datasource.update_datasource_by_uid(wanted.uid, body)

    def _write_dashboard(self, action: Action) -> None:
        there = action.found["dashboard"] if action.found else {}
        numbers = {"id": there.get("id"), "version": there.get("version", 0)}
        self._api.dashboard.update_dashboard(
            {
                "dashboard": {**action.wanted.body["dashboard"], **numbers},
                "folderUid": action.wanted.body["folderUid"],
                "overwrite": False,
                "message": "headrace grafana deploy",
            }
        )

    def _write_rule(self, action: Action) -> None:
        rules, body = self._api.alertingprovisioning, dict(action.wanted.body)
        if action.found is None:
            rules.create_alertrule(body, disable_provenance=True)
        else:
            rules.update_alertrule(action.wanted.uid, body, disable_provenance=True)

    def _write_group(self, action: Action) -> None:
        """Set how often it is looked at; the call wants all rules of the group, others' too."""
        name, interval = action.wanted.uid, action.wanted.body["interval"]
        group = self._read_group(name)
        if group["interval"] != interval:
            self._api.alertingprovisioning.update_rule_group(
                uids.FOLDER,
                quote(name, safe=""),
                {**group, "interval": interval},
                disable_provenance=True,
            )


def _or_none(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except GrafanaException as error:
        if says_missing(error):
            return None
        raise
