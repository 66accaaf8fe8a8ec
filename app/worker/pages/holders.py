"""Who holds which partition, as Kafka assigned them: also of workers that do not answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import faust
from yarl import URL

from app.worker.status import StreamMonitor

Holders = Mapping[str, Mapping[int, str]]
"""Addresses by stream and partition."""


def holders(app: faust.App, streams: Iterable[StreamMonitor]) -> Holders:
    """Read it off the changelogs of live tables: each has the partitions of its source."""
    found: defaultdict[str, dict[int, str]] = defaultdict(dict)
    names = {
        table.changelog_topic.get_topic_name(): one.stream.topic
        for one in streams
        for table in one.tables.values()
    }
    for url, topics in app.router.tables_metadata().items():
        for topic, partitions in topics.items():
            if topic in names:
                found[names[topic]].update(
                    (partition, str(URL(url).origin())) for partition in partitions
                )
    return found
