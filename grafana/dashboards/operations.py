"""Operations: whether everything that arrives is stored, how soon, and what stands in the way.

Nearly all of it asks Prometheus, so that one can be drawn where no database is at hand.
"""

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana import uids
from grafana.board import Row, board
from grafana.dashboards import operations_flow as flow
from grafana.dashboards import operations_now as tiles
from grafana.dashboards import operations_processes as processes
from grafana.dashboards import operations_writing as sink
from grafana.dashboards.operations_promql import OF_CORE
from grafana.queries import statements
from grafana.variables import labels, several


def dashboard() -> Dashboard:
    sql = statements("operations")
    return board(
        uids.OPERATIONS,
        "Operations",
        description="Whether everything that arrives is stored, how soon, and what is in the way.",
        since="now-1h",
        refresh="10s",
        with_events=True,
        variables=[
            labels("stream", "Stream", f"headrace_events_in_total{OF_CORE}"),
            labels("instance", "Worker", f"headrace_events_in_total{OF_CORE}"),
            several("reason", "Reason", sql["reasons"]),
        ],
        rows=[
            Row("Now", tiles.now(sql)),
            Row("Streams", flow.streams()),
            Row("Writing", sink.writing()),
            Row("Processes", processes.processes()),
            Row("What is stored", processes.stored(sql)),
            Row("Business, from Prometheus alone", processes.business(), folded=True),
        ],
    )
