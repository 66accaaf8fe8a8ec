"""What a panel asks: SQL of a named statement, or PromQL."""

from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import prometheus
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from db.queries import load
from grafana import uids

Format = Literal["time_series", "table"]

# "postgres" is the plugin's name in Grafana 9; newer ones, where it is called
# grafana-postgresql-datasource, know it by that name too (aliasIDs in its plugin.json).
POSTGRES = DataSourceRef("postgres", uids.POSTGRES)
PROMETHEUS = DataSourceRef("prometheus", uids.PROMETHEUS)
CLICKHOUSE = DataSourceRef("grafana-clickhouse-datasource", uids.CLICKHOUSE)


@dataclass(frozen=True)
class Sql(Dataquery):
    """A query of Grafana's PostgreSQL data source, as its editor saves it: the SDK has no type.

    As `time_series` the columns are time, optionally metric (the name of the series), and numbers,
    ordered by time; as `table` they are whatever the panel draws.
    """

    text: str
    format: Format = "table"
    ref_id: str = "A"

    @property
    def datasource(self) -> DataSourceRef:
        return POSTGRES

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": POSTGRES,
            "editorMode": "code",
            "format": self.format,
            "rawQuery": True,
            "rawSql": self.text,
            "refId": self.ref_id,
        }


@dataclass(frozen=True)
class ClickhouseSql(Sql):
    """A query of Grafana's ClickHouse plug-in, version 4, as its SQL editor saves it."""

    @property
    def datasource(self) -> DataSourceRef:
        return CLICKHOUSE

    def to_json(self) -> dict[str, object]:
        is_line = self.format == "time_series"
        return {
            "datasource": CLICKHOUSE,
            "editorType": "sql",
            "format": 0 if is_line else 1,
            "pluginVersion": "4.0.0",
            "queryType": "timeseries" if is_line else "table",
            "rawSql": self.text,
            "refId": self.ref_id,
        }


class Promql(prometheus.Dataquery):
    """A query of Prometheus. `legend` names a series, with labels as `{{label}}`.

    `instant` asks for one value at the end of the range, as bars and tables need it; `kind` is how
    the answer is arranged, where that is not as lines.
    """

    datasource: DataSourceRef

    def __init__(
        self,
        expression: str,
        legend: str = "",
        *,
        instant: bool = False,
        kind: prometheus.PromQueryFormat | None = None,
    ) -> None:
        super().__init__(
            expr=expression,
            legend_format=legend,
            instant=instant,
            format_val=kind,
            range_val=not instant,
            editor_mode=prometheus.QueryEditorMode.CODE,
            ref_id="A",
            datasource=PROMETHEUS,
        )


Query = Sql | Promql


def statements(name: str) -> dict[str, Sql]:
    """Give the queries of `dashboards/<name>.sql` by their names."""
    path = Path(__file__).parent / "dashboards" / f"{name}.sql"
    return {query: Sql(text) for query, text in load(path).items()}


def by_window(query: Sql) -> Sql:
    """Make a line of a query that gives time, seconds, metric and value by window.

    The window that still fills is left out, until five seconds after its end. Where no other
    follows at once the line is told to end, as Grafana knows only one distance for a whole panel.
    """
    return replace(query, text=_BY_WINDOW.format(query.text.rstrip().removesuffix(";")))


_BY_WINDOW = """WITH points AS (
{}
)
SELECT shown.time, metric, shown.value
FROM (SELECT *, time + make_interval(secs => seconds) AS ends,
             lead(time) OVER (PARTITION BY metric ORDER BY time) AS next
      FROM points) AS point,
     LATERAL (VALUES (time, value), (CASE WHEN next > ends THEN ends END, NULL))
         AS shown (time, value)
WHERE shown.time IS NOT NULL AND ends <= now() - interval '5 seconds'
ORDER BY 1, 2;"""


def named(query: Query, ref_id: str, wanted: Format) -> Query:
    """Give the query its letter within the panel and, where it is SQL, the panel's format."""
    if isinstance(query, Sql):
        return replace(query, ref_id=ref_id, format=wanted)
    lettered = copy(query)
    lettered.ref_id = ref_id
    return lettered
