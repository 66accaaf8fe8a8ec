"""The broker, its topics, and who holds their partitions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from aiokafka.errors import KafkaError

from batching.survey import Cluster, first_after, survey_topics
from devstack.place.addresses import Place
from doctor.finding import Finding
from models.positions import TopicPartition

_SHOWN = 4


async def kafka(
    place: Place, topics: Sequence[str], group: str, skew_seconds: int
) -> list[Finding]:
    """Ask the cluster. What cannot be asked any more is one line, with the cure."""
    try:
        cluster = await survey_topics(place.address, topics, group)
    except (KafkaError, OSError) as error:
        return [_away(place, error)]
    nodes = f"{cluster.nodes} node" if cluster.nodes == 1 else f"{cluster.nodes} nodes"
    found = [Finding("broker", f"{place.address} answers, {nodes} ({place.named_by})")]
    found += [*_topics(cluster), *_held(cluster, group)]
    there = [tp for tp in _all(cluster) if tp not in cluster.leaderless]
    return [*found, await _ahead(place.address, there, skew_seconds)]


def _away(place: Place, error: Exception) -> Finding:
    del error  # aiokafka's words repeat the address
    return Finding(
        "broker",
        f"no Kafka answers at {place.address} ({place.named_by})",
        "start it (headrace up brings one), or set HEADRACE_BROKER=host:port",
    )


def _topics(cluster: Cluster) -> Iterator[Finding]:
    missing = [topic for topic, count in cluster.partitions.items() if count is None]
    if missing:
        cure = "a worker makes them when it starts: headrace worker"
        yield Finding("topics", f"not there yet: {', '.join(missing)}", cure)
    if cluster.leaderless:
        yield Finding(
            "topics",
            f"no broker leads {_names(cluster.leaderless)}",
            "start the cluster's other brokers",
        )
    if not missing and not cluster.leaderless:
        partitions = len(_all(cluster))
        yield Finding("topics", f"{len(cluster.partitions)} topics with {partitions} partitions")


def _held(cluster: Cluster, group: str) -> Iterator[Finding]:
    wanted = set(_all(cluster))
    for holder in cluster.holders:
        mine = sorted(wanted & holder.partitions)
        said = f"{len(mine)} are held by {holder.client} on {holder.host}: {_names(mine)}"
        if mine:
            yield Finding("partitions", said)
    held = {tp for holder in cluster.holders for tp in holder.partitions}
    if free := sorted(wanted - held):
        said = (
            f"{len(free)} of {len(wanted)} are held by no worker of group {group}: {_names(free)}"
        )
        yield Finding("partitions", said, "start a worker: headrace worker (or read its log)")


async def _ahead(broker: str, there: Sequence[TopicPartition], skew_seconds: int) -> Finding:
    """Compare the records' timestamps with this clock: by more than the skew they are too new."""
    now = time.time_ns() // 1_000_000
    try:
        late = await first_after(broker, there, now + skew_seconds * 1_000)
    except (KafkaError, OSError) as error:
        return Finding("record times", f"not asked: {type(error).__name__}", "ask again")
    if not late:
        return Finding("record times", "no record's timestamp is ahead of this clock")
    seconds = (max(late.values()) - now) / 1_000
    return Finding(
        "record times",
        f"records are {seconds:,.0f} s ahead of this clock in {_names(sorted(late))}",
        "set the clocks of producers, or of this machine: NTP",
    )


def _all(cluster: Cluster) -> list[TopicPartition]:
    return [
        TopicPartition(topic, number)
        for topic, count in cluster.partitions.items()
        for number in range(count or 0)
    ]


def _names(partitions: Sequence[TopicPartition]) -> str:
    numbers: dict[str, list[str]] = {}
    for tp in partitions:
        numbers.setdefault(tp.topic, []).append(str(tp.partition))
    shown = [f"{topic} {','.join(some)}" for topic, some in numbers.items()]
    more = f" and {len(shown) - _SHOWN} topics more" if len(shown) > _SHOWN else ""
    return "; ".join(shown[:_SHOWN]) + more
