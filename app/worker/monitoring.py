"""What a worker tells about itself: /metrics, /livez and /readyz, on a port of their own."""

from collections.abc import Sequence

from agents import database_probing
from agents.database_probing import LastProbe
from agents.writer import PendingBytes
from app.worker import unheld
from app.worker.health import WorkerHealth
from app.worker.metric_samples import StreamSamples, WorkerSamples
from app.worker.preparation import Preparation
from app.worker.status import StreamMonitor
from batching.app import BatchApp
from config.settings import Settings
from db.database_probe import AlertSettings, DatabaseProbe, probe_database
from models.streams import Stream
from telemetry.business import BusinessCounts
from telemetry.exposition import Exposition, Source
from telemetry.metrics import WORKER
from telemetry.server import MonitoringServer


def server(
    app: BatchApp,
    settings: Settings,
    streams: Sequence[StreamMonitor],
    samples: Sequence[StreamSamples],
    pending_bytes: PendingBytes,
    *,
    preparation: Preparation,
) -> MonitoringServer:
    """Build the server, and attach the look at the database that some metrics need."""
    last = LastProbe()
    names = [one.stream.topic for one in streams]
    database_probing.attach(app, last, lambda: look(settings, names))
    unheld.attach(app, settings, streams)
    health = WorkerHealth(app, streams, last, waits=lambda: preparation.waiting_for)
    sources: list[Source] = [
        WorkerSamples(app, settings, pending_bytes, health),
        last.samples,
        *samples,
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


async def look(settings: Settings, streams: Sequence[str]) -> DatabaseProbe:
    """Look at the database for a worker of these streams, and keep there what alerts go by."""
    quiet = settings.quiet_streams  # also of streams that no worker runs any more
    alerts = AlertSettings([*streams, *quiet], quiet, settings.database_bytes_allowed)
    return await probe_database(settings.database.get_secret_value(), alerts)
