"""Names that Grafana knows things by: pinned, so that links, panels and files find each other.

A panel that names a data source which is not there silently asks the default one.
"""

FOLDER = "headrace"
FOLDER_TITLE = "Headrace"
RULES_FOLDER_TITLE = "Headrace alerts"
"""Of provisioned rules. Grafana makes their folder by its title alone, with a uid of its own,
and before that of the dashboards: one title for both would be two folders, or, before Grafana 11.3,
where titles are unique, no dashboards. `headrace grafana deploy` puts both into FOLDER.
"""

POSTGRES = "headrace-postgres"
PROMETHEUS = "headrace-prometheus"
CLICKHOUSE = "headrace-clickhouse"

OVERVIEW = "headrace-overview"
STEERING = "headrace-steering"
QUALITY = "headrace-quality"
MEDIA = "headrace-media"
ACTIVITY = "headrace-activity"
PURCHASES = "headrace-purchases"
MARKETS = "headrace-markets"
OPERATIONS = "headrace-operations"
SINKS = "headrace-sinks"
WAYS_IN = "headrace-ways-in"
ON_CLICKHOUSE = "headrace-on-clickhouse"


def path(uid: str) -> str:
    """Give the path of a dashboard, for links."""
    return f"/d/{uid}"


TAG = "headrace"
"""On every dashboard: the links between them go by it."""
