"""What a worker tells about itself: /metrics, /livez and /readyz, on a port of their own."""

from collections.abc import Sequence

from agents.database_probing import LastProbe
from app.worker.health import WorkerHealth
from app.worker.metric_samples import StreamSamples, WorkerSamples
from config.settings import Settings
from db.database_probe import AlertSettings, DatabaseProbe, probe_database
from models.streams import Stream
from telemetry.business import BusinessCounts
from telemetry.exposition import Exposition, Source
from telemetry.metrics import WORKER
from telemetry.server import MonitoringServer


def server(
    settings: Settings,
    health: WorkerHealth,
    worker: WorkerSamples,
    last_probe: LastProbe,
    streams: Sequence[StreamSamples],
) -> MonitoringServer:
    """Build the server of a worker's own samples, those of its last probe and its streams'."""
    sources: list[Source] = [worker, last_probe.samples, *streams]
    exposition = Exposition(WORKER, sources, settings.role)
    return MonitoringServer(settings.metrics_host, settings.metrics_port, exposition, health)


def business_counts(stream: Stream) -> BusinessCounts:
    return BusinessCounts(
        {
            window.name: (window.keys, [measure.name for measure in window.measures])
            for window in stream.windows
        }
    )


async def probe(settings: Settings, streams: Sequence[str]) -> DatabaseProbe:
    """Probe the database for a worker of these streams, and keep there what alerts go by."""
    quiet = settings.quiet_streams  # also of streams that no worker runs any more
    alerts = AlertSettings([*streams, *quiet], quiet, settings.database_bytes_allowed)
    return await probe_database(settings.database.get_secret_value(), alerts)
