"""An edge's process from top to bottom: what it is built from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from config.edge_settings import EdgeSettings
from config.settings import Settings
from config.streams import chosen_streams
from edge.access_log import AccessLog
from edge.addresses import ClientAddresses
from edge.bodies import BodyReader
from edge.bridge.describing import Describing
from edge.bridge.info import Info
from edge.bridge.openapi import schemas as bridge_schemas
from edge.bridge.producing import Producing
from edge.bridge.routes import routes_of
from edge.bridge.topics import TopicDirectory
from edge.bridge.writable import writable
from edge.client_networks import ClientNetworks
from edge.cmcd.heartbeats import Viewing
from edge.collector.collector import STREAM, Collector
from edge.collector.openapi import GET, POST
from edge.completing import Completing
from edge.cors import Cors
from edge.counts import Counts
from edge.event_ids import EventIds
from edge.events import OPERATION, Events
from edge.gate import Gate
from edge.health import LIVE, READY, Health
from edge.intake import Intake
from edge.judging import Judge
from edge.kafka import RecordProducer
from edge.keys import KeyRing
from edge.networks import Addresses, Databases, Proxies
from edge.openapi import OpenApi
from edge.process import Process
from edge.repeats import Repeats
from edge.requests import Requests
from edge.routing import Route, Router
from edge.topics import Topics
from models.streams import Stream
from models.validation import Limits


def create() -> Process:
    """Build the app of one process, from the environment; granian calls this."""
    settings, edge = Settings(), EdgeSettings()
    streams = {stream.topic: stream for stream in chosen_streams(settings)}
    topics = {name: settings.topic(name) for name in streams}
    made = Topics(
        settings.broker,
        topics.values(),
        settings.topic_partitions,
        settings.topic_replicas,
        expected=edge.bridge_topics,
    )
    producer = RecordProducer(
        settings.broker, edge.kafka_seconds, edge.pending_bytes, settings.event_bytes
    )
    counts, health, keys = Counts(list(streams)), Health(made, producer), key_ring(edge)
    keys.load()
    by_stream = judges(settings, streams)
    intakes = {
        name: Intake(name, topics[name], judge, producer, counts)
        for name, judge in by_stream.items()
    }
    bodies = BodyReader(edge.body_bytes, edge.body_seconds)
    networks = client_networks(edge)
    completing = Completing(streams, networks, addresses_kept(edge))
    events = Events(
        intakes,
        bodies,
        completing=completing,
        repeats=Repeats(edge.repeats_kept),
        event_ids=EventIds(edge.event_ids_kept),
        most=edge.body_events,
    )
    routes = [
        Route("POST", "/v1/events/{stream}", events.post, operation=OPERATION),
        Route("GET", "/livez", health.livez, open=True, operation=LIVE),
        Route("GET", "/readyz", health.readyz, open=True, operation=READY),
        *cmcd_routes(edge, intakes, bodies, networks),
        *bridge_routes(
            settings.broker,
            writable(edge.bridge_topics, topics),
            by_stream,
            bodies=bodies,
            completing=completing,
            producer=producer,
            counts=counts,
            health=health,
            most=edge.body_events,
            seconds=edge.kafka_seconds,
        ),
    ]
    described = OpenApi(routes, streams, bridge_schemas())
    router = Router([*routes, Route("GET", "/openapi.json", described.get, open=True)])
    addresses = ClientAddresses(edge.trusted_proxies)
    gate = Gate(keys, addresses, edge.client_events_per_second, edge.workers, most=edge.body_events)
    log = AccessLog() if edge.access_log else None
    requests = Requests(router, gate, Cors(edge.cors_origins), counts, log)
    ports = range(edge.metrics_port, edge.metrics_port + edge.workers) if edge.metrics_port else ()
    return Process(
        requests,
        producer,
        made,
        keys=keys,
        counts=counts,
        health=health,
        monitored_at=(settings.metrics_host, ports),
        port=edge.port,
        patience_seconds=edge.idle_seconds,
    )


def cmcd_routes(
    edge: EdgeSettings,
    intakes: Mapping[str, Intake],
    bodies: BodyReader,
    networks: ClientNetworks,
) -> list[Route]:
    """Give the collector's routes, where the stream that it makes heartbeats for runs."""
    if STREAM not in intakes:
        return []
    collector = Collector(
        intakes[STREAM],
        bodies,
        networks=networks,
        viewing=Viewing(edge.cmcd_interval_seconds, edge.cmcd_by_responses),
        most=edge.body_events,
        percent=edge.cmcd_sessions_percent,
    )
    paths = ("/v1/cmcd", "/v1/cmcd/{cdn}", "/v1/cmcd/{cdn}/{path...}")
    told = {"GET": GET, "POST": POST}
    return [
        Route(method, path, collector.take, operation=operation)
        for method, operation in told.items()
        for path in paths
    ]


def client_networks(edge: EdgeSettings) -> ClientNetworks:
    """Give what looks networks up, by the files and proxies that the settings name."""
    files = Databases([Path(name) for name in edge.network_files], time.monotonic)
    return ClientNetworks(files, Proxies(edge.trusted_proxies, edge.asn_header.lower()))


def addresses_kept(edge: EdgeSettings) -> Addresses:
    """Give what is kept of addresses. Raises ValueError for a key that is too short."""
    return Addresses(edge.addresses, edge.addresses_key.get_secret_value().encode())


def bridge_routes(
    broker: str,
    names: Mapping[str, str],
    by_stream: Mapping[str, Judge],
    *,
    bodies: BodyReader,
    completing: Completing,
    producer: RecordProducer,
    counts: Counts,
    health: Health,
    most: int,
    seconds: float,
) -> list[Route]:
    """Give the bridge's routes; `names` are the topics that it writes to."""
    directory = TopicDirectory(broker, names, seconds)
    producing = Producing(
        names,
        by_stream,
        directory,
        bodies=bodies,
        completing=completing,
        producer=producer,
        counts=counts,
        most=most,
    )
    return routes_of(producing, Describing(directory), Info(health))


def key_ring(edge: EdgeSettings) -> KeyRing:
    """Give the keys that the settings name, not loaded yet."""
    file = Path(edge.keys_file) if edge.keys_file else None
    return KeyRing(edge.keys.get_secret_value(), file)


def judges(settings: Settings, streams: Mapping[str, Stream]) -> dict[str, Judge]:
    """Give a judge of each stream, with the limits that workers judge by."""
    limits = Limits(
        skew_seconds=settings.allowed_skew_seconds,
        retention_seconds=settings.retention_days * 86_400,
        event_bytes=settings.event_bytes,
    )
    return {name: Judge(stream, limits) for name, stream in streams.items()}
