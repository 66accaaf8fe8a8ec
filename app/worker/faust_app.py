"""What workers of every role are built from: the Faust app, the limits of events, the links."""

from yarl import URL

from app.errors import told
from app.worker.pages.render import Links
from batching.app import CONFIGURATION, BatchApp
from batching.recovery import LiveTableManager
from batching.table import PartitionRouter
from batching.worker import Worker
from config.roles import CORE
from config.settings import Settings
from models.validation import Limits


class _Plain(Worker):
    @staticmethod
    def told(error: BaseException) -> str | None:
        return told(error)


def faust_app(settings: Settings) -> BatchApp:
    return BatchApp(
        settings.group,
        broker=[URL(f"kafka://{address}") for address in settings.broker.split(",")],
        broker_session_timeout=settings.session_timeout_seconds,
        topic_partitions=settings.topic_partitions,
        Router=PartitionRouter,
        TableManager=LiveTableManager,
        Worker=Worker if settings.debug else _Plain,
        web_host=settings.reached_at,
        web_bind=settings.web_host,
        web_port=settings.web_port,
        **CONFIGURATION,
    )


def links(settings: Settings) -> Links:
    host, port = settings.metrics_host, settings.metrics_port
    listens_everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - a browser knows no such host
    is_web = settings.grafana_url.startswith(("http://", "https://"))
    return Links(
        settings.group,
        grafana=settings.grafana_url if is_web else "",
        metrics="" if listens_everywhere or not port else f"http://{host}:{port}/metrics",
        # a sink's own pages tell of itself
        sinks=settings.sink_pages if settings.role == CORE else {},
    )


def limits(settings: Settings) -> Limits:
    return Limits(
        skew_seconds=settings.allowed_skew_seconds,
        retention_seconds=settings.retention_days * 86_400,
        event_bytes=settings.event_bytes,
    )
