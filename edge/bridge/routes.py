"""Where each part of the bridge is found."""

from __future__ import annotations

from edge.bridge.describing import Describing
from edge.bridge.errors import in_its_form
from edge.bridge.info import Info
from edge.bridge.openapi import paths, route_path
from edge.bridge.producing import Producing
from edge.routing import Handler, Route


def routes_of(producing: Producing, describing: Describing, info: Info) -> list[Route]:
    """Give the bridge's routes; of itself it tells everybody."""
    topic, partitions = "/topics/{topic}", "/topics/{topic}/partitions"
    partition = f"{partitions}/{{partition}}"
    asked: dict[tuple[str, str], Handler] = {
        ("POST", topic): producing.post,
        ("POST", partition): producing.post,
        ("GET", "/topics"): describing.topics,
        ("GET", topic): describing.topic,
        ("GET", partitions): describing.partitions,
        ("GET", partition): describing.partition,
        ("GET", f"{partition}/offsets"): describing.offsets,
    }
    told: dict[str, Handler] = {
        "/": info.info,
        "/healthy": info.healthy,
        "/ready": info.ready,
        "/openapi": info.openapi,
    }
    operations = {
        (method.upper(), route_path(path)): operation
        for path, of_path in paths().items()
        for method, operation in of_path.items()
    }
    return [
        *(
            Route(method, path, in_its_form(it), operation=operations[method, path])
            for (method, path), it in asked.items()
        ),
        *(
            Route("GET", path, in_its_form(it), open=True, operation=operations["GET", path])
            for path, it in told.items()
        ),
    ]
