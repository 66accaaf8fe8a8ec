"""Stands in for a Grafana, which no package registry has: what its HTTP API does with our calls.

After Grafana's own source (pkg/api/folder.go, datasources.go, dashboard.go and
pkg/services/ngalert/api/api_provisioning.go, versions 9.4 to 12): required fields, what it adds,
what it refuses, and with which status and message.
"""

import itertools
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

RULE_FIELDS = frozenset(
    ("folderUID", "ruleGroup", "title", "condition", "data", "noDataState", "execErrState", "for")
)
"""The API's documentation also wants orgID, which the code takes from the token."""
STATES = {"OK", "NoData", "Alerting", "KeepLast", "Error"}

AS_GRAFANA_9_4: tuple[int, Json | None] = (500, {"message": "could not find alert rule"})
AS_GRAFANA_10: tuple[int, Json | None] = (404, None)


class RefusedError(Exception):
    """An answer that is no 2xx."""

    def __init__(self, status: int, body: Json | None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def refuse_if(bad: object, status: int, message: str, /, **more: str) -> None:
    if bad:
        raise RefusedError(status, {"message": message, **more})


class PretendGrafana:
    """Keeps what was written; each kind by uid, a rule group's interval by its title.

    `no_such_rule` is what it answers about a rule that it does not have: by default as 9.4 does,
    the oldest that we support (issue 66249 of Grafana).
    """

    def __init__(self) -> None:
        self.no_such_rule: tuple[int, Json | None] = AS_GRAFANA_9_4
        self.folders: dict[str, Json] = {}
        self.data_sources: dict[str, Json] = {}
        self.secrets: dict[str, Json] = {}
        self.dashboards: dict[str, Json] = {}
        self.rules: dict[str, Json] = {}
        self.intervals: dict[str, int] = {}
        self._ids = itertools.count(1)

    def get_folder(self, uid: str) -> Json:
        refuse_if(uid not in self.folders, 404, "folder not found")
        return self.folders[uid]

    def post_folder(self, body: Json) -> Json:
        refuse_if(not body.get("title"), 400, "folder title cannot be empty")
        same = [one for one in self.folders.values() if one["title"] == body["title"]]
        refuse_if(same, 409, "a folder with the same name already exists in the current location")
        added = {"id": next(self._ids), "version": 1, "created": "2026-11-22T00:00:00Z"}
        self.folders[body["uid"]] = {**body, **added, "canSave": True}
        return self.folders[body["uid"]]

    def get_data_source(self, uid: str) -> Json:
        refuse_if(uid not in self.data_sources, 404, "Data source not found")
        return self.data_sources[uid]

    def get_data_source_by_name(self, name: str) -> Json:
        named = [one for one in self.data_sources.values() if one["name"] == name]
        refuse_if(not named, 404, "Data source not found")
        return named[0]

    def post_data_source(self, body: Json) -> Json:
        refuse_if(body["uid"] in self.data_sources, 409, "data source with the same uid exists")
        return self._keep_data_source(body, {"id": next(self._ids), "version": 1})

    def put_data_source(self, uid: str, body: Json) -> Json:
        there = self.get_data_source(uid)
        refuse_if(there["readOnly"], 403, "Cannot update read-only data source")
        newer = there["version"] != body.get("version", there["version"])
        refuse_if(newer, 409, "Datasource has already been updated by someone else")
        return self._keep_data_source(
            {**body, "uid": uid}, {"id": there["id"], "version": there["version"] + 1}
        )

    def _keep_data_source(self, body: Json, numbers: Json) -> Json:
        lacks = {"name", "type", "access"} - body.keys()
        refuse_if(lacks, 400, "bad request data")
        same = [
            one
            for one in self.data_sources.values()
            if one["name"] == body["name"] and one["uid"] != body["uid"]
        ]
        refuse_if(same, 409, "data source with the same name already exists")
        uid, secrets = body["uid"], body.pop("secureJsonData", {})
        self.secrets[uid] = {**self.secrets.get(uid, {}), **secrets}
        renamed = {"postgres": "grafana-postgresql-datasource"}
        self.data_sources[uid] = {
            **dict.fromkeys(("url", "user", "database"), ""),
            **dict.fromkeys(("basicAuth", "isDefault"), False),
            **body,
            **numbers,
            "type": renamed.get(body["type"], body["type"]),
            "orgId": 1,
            "readOnly": False,
            "secureJsonFields": dict.fromkeys(self.secrets[uid], True),
        }
        return {"datasource": self.data_sources[uid]}

    def get_dashboard(self, uid: str) -> Json:
        refuse_if(uid not in self.dashboards, 404, "Dashboard not found")
        return self.dashboards[uid]

    def post_dashboard(self, body: Json) -> Json:
        dashboard, folder = body["dashboard"], body.get("folderUid", "")
        refuse_if(not dashboard.get("title"), 400, "Dashboard title cannot be empty")
        refuse_if(len(dashboard["uid"]) > 40, 400, "uid too long, max 40 characters")
        refuse_if(folder and folder not in self.folders, 400, "folder not found")
        refuse_if(body.get("overwrite"), 400, "this test wants no overwriting")
        there = self.dashboards.get(dashboard["uid"])
        if there:
            refuse_if(there["meta"]["provisioned"], 400, "Cannot save provisioned dashboard")
            newer = there["dashboard"]["version"] != dashboard.get("version")
            changed = "The dashboard has been changed by someone else"
            refuse_if(newer, 412, changed, status="version-mismatch")
        same = [
            one
            for uid, one in self.dashboards.items()
            if uid != dashboard["uid"]
            and one["meta"]["folderUid"] == folder
            and one["dashboard"]["title"] == dashboard["title"]
        ]
        message = "A dashboard with the same name in the folder already exists"
        refuse_if(same, 412, message, status="name-exists")
        numbers = {
            "id": there["dashboard"]["id"] if there else next(self._ids),
            "version": there["dashboard"]["version"] + 1 if there else 1,
        }
        self.dashboards[dashboard["uid"]] = {
            "meta": {"folderUid": folder, "provisioned": False, "version": numbers["version"]},
            "dashboard": {**dashboard, **numbers},
        }
        return {"status": "success", "uid": dashboard["uid"], **numbers}

    def get_rule(self, uid: str) -> Json:
        if uid not in self.rules:
            raise RefusedError(*self.no_such_rule)
        return self.rules[uid]

    def post_rule(self, body: Json, provenance: str) -> Json:
        refuse_if(body.get("uid") in self.rules, 409, "rule under the same UID already exists")
        return self._keep_rule(body, provenance)

    def put_rule(self, uid: str, body: Json, provenance: str) -> Json:
        self.get_rule(uid)
        return self._keep_rule({**body, "uid": uid}, provenance)

    def _keep_rule(self, body: Json, provenance: str) -> Json:
        lacks = RULE_FIELDS - body.keys()
        refuse_if(lacks, 400, f"invalid alert rule: no {sorted(lacks)}")
        refuse_if(body["folderUID"] not in self.folders, 400, "folder does not exist")
        refuse_if({body["noDataState"], body["execErrState"]} - STATES, 400, "unknown state")
        asked = [query["refId"] for query in body["data"]]
        refuse_if(body["condition"] not in asked, 400, "condition does not exist")
        sources = {query["datasourceUid"] for query in body["data"]} - {"__expr__"}
        refuse_if(sources - self.data_sources.keys(), 403, "no access to one of the data sources")
        same = [
            one
            for uid, one in self.rules.items()
            if uid != body["uid"]
            and (one["folderUID"], one["title"]) == (body["folderUID"], body["title"])
        ]
        refuse_if(same, 400, "alert rule with the same title exists in the folder")
        there = self.rules.get(body["uid"], {})
        refuse_if(there.get("provenance") == "file", 409, "cannot change provenance")
        self.intervals.setdefault(body["ruleGroup"], 60)
        self.rules[body["uid"]] = {
            **body,
            "id": there.get("id") or next(self._ids),
            "orgID": 1,
            "for": as_prometheus(body["for"]),
            "updated": "2026-11-22T00:00:00Z",
            "data": [{"queryType": "", **query} for query in body["data"]],
            **({"provenance": provenance} if provenance else {}),
        }
        return self.rules[body["uid"]]

    def get_group(self, folder: str, title: str) -> Json:
        rules = [
            one
            for one in self.rules.values()
            if (one["folderUID"], one["ruleGroup"]) == (folder, title)
        ]
        refuse_if(not rules, 404, "rule group does not exist")
        interval = self.intervals[title]
        return {"title": title, "folderUid": folder, "interval": interval, "rules": rules}

    def put_group(self, folder: str, title: str, body: Json, provenance: str) -> Json:
        refuse_if(body["interval"] % 10, 400, "interval should be divided exactly by 10")
        for left_out in {one["uid"] for one in self.get_group(folder, title)["rules"]} - {
            one["uid"] for one in body["rules"]
        }:
            del self.rules[left_out]
        for rule in body["rules"]:
            self._keep_rule(rule, provenance)
        self.intervals[title] = body["interval"]
        return body


def as_prometheus(duration: str) -> str:
    """Write `90s` as `1m30s`, as Prometheus' durations are."""
    units: Mapping[str, int] = {"s": 1, "m": 60, "h": 3_600}
    seconds = int(duration[:-1]) * units[duration[-1]] if duration[-2:-1].isdigit() else None
    if seconds is None:
        return duration
    parts = [("h", seconds // 3_600), ("m", seconds % 3_600 // 60), ("s", seconds % 60)]
    return "".join(f"{number}{unit}" for unit, number in parts if number) or "0s"
