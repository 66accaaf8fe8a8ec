"""What a worker tells about itself: /metrics, /livez and /readyz, on a port of their own."""

from collections.abc import Sequence

from agents import surveying
from agents.surveying import LastSurvey
from agents.writer import Backlog
from app.health import WorkerHealth
from app.preparation import Preparation
from app.readings import StreamReadings, WorkerReadings
from app.settings import Settings
from app.status import StreamStatus
from batching.app import BatchApp
from db.survey import AlertSettings, Survey, survey
from models.streams import Stream
from telemetry.business import BusinessCounts
from telemetry.exposition import Exposition, Source
from telemetry.metrics import WORKER
from telemetry.server import MonitoringServer


def server(
    app: BatchApp,
    settings: Settings,
    streams: Sequence[StreamStatus],
    readings: Sequence[StreamReadings],
    backlog: Backlog,
    *,
    preparation: Preparation,
) -> MonitoringServer:
    """Build the server, and attach the look at the database that some metrics need."""
    last = LastSurvey()
    names = [one.stream.topic for one in streams]
    surveying.attach(app, last, lambda: look(settings, names))
    health = WorkerHealth(app, streams, last, waits=lambda: preparation.waiting_for)
    sources: list[Source] = [
        WorkerReadings(app, settings, backlog, health),
        last.readings,
        *readings,
    ]
    exposition = Exposition(WORKER, sources)
    return MonitoringServer(settings.metrics_host, settings.metrics_port, exposition, health)


def business_counts(stream: Stream) -> BusinessCounts:
    return BusinessCounts(
        {
            window.name: (window.keys, [measure.name for measure in window.measures])
            for window in stream.windows
        }
    )


async def look(settings: Settings, streams: Sequence[str]) -> Survey:
    """Look at the database for a worker of these streams, and keep there what alerts go by."""
    quiet = settings.quiet_streams  # also of streams that no worker runs any more
    alerts = AlertSettings([*streams, *quiet], quiet, settings.database_bytes_allowed)
    return await survey(settings.database.get_secret_value(), alerts)
