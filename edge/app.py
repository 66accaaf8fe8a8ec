"""An edge's process from top to bottom: what it is built from, and how a request goes through."""

from __future__ import annotations

import asyncio
import logging

from config.edge_settings import EdgeSettings
from config.settings import Settings
from config.streams import chosen_streams
from edge.bodies import BodyReader
from edge.events import Events
from edge.health import Health
from edge.judging import Judge
from edge.kafka import RecordProducer
from edge.messages import Channel, Request, Response, Scope
from edge.problems import Problem
from edge.routing import Route, Router
from edge.topics import Topics
from models.validation import Limits

logger = logging.getLogger(__name__)


def create() -> Edge:
    """Build the app of one process, from the environment; granian calls this."""
    settings, edge = Settings(), EdgeSettings()
    producer = RecordProducer(settings.broker, edge.kafka_seconds, edge.pending_bytes)
    streams = {stream.topic: stream for stream in chosen_streams(settings)}
    topics = {name: settings.topic(name) for name in streams}
    limits = Limits(
        settings.allowed_skew_seconds, settings.retention_days * 86_400, settings.event_bytes
    )
    judges = {name: Judge(stream, limits) for name, stream in streams.items()}
    bodies = BodyReader(edge.body_bytes, edge.body_seconds)
    events = Events(judges, topics, bodies, producer, edge.body_events)
    missing = Topics(
        settings.broker, topics.values(), settings.topic_partitions, settings.topic_replicas
    )
    health = Health(missing)
    router = Router(
        [
            Route("POST", "/v1/events/{stream}", events.post),
            Route("GET", "/livez", health.livez),
            Route("GET", "/readyz", health.readyz),
        ]
    )
    return Edge(router, producer, missing)


class Edge:
    """What granian calls: with each request, and when a process begins and ends."""

    def __init__(self, router: Router, producer: RecordProducer, topics: Topics) -> None:
        self._router = router
        self._producer = producer
        self._topics = topics

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._producer.open(loop)
        self._making = loop.create_task(self._topics.make())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._making.cancel()
        self._producer.close()

    async def __rsgi__(self, scope: Scope, channel: Channel) -> None:
        response = await self._answer(Request(scope, channel))
        channel.response_bytes(response.status, response.headers, response.body)

    async def _answer(self, request: Request) -> Response:
        try:
            handler, request.parameters = self._router.find(request.method, request.path)
            return await handler(request)
        except Problem as problem:
            return problem.response()
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return Problem(500, "the edge failed at this request; its log says more").response()
