"""`python -m benchmarks.edge_path`: media events by HTTP, through an edge and Kafka, to rows.

Everything runs on this machine, one process each of edge and worker. The rate goes up step by step;
a step is sustained where all was sent when it was due and all rows are there two seconds after the
last answer. Each step tells what every hop used of the processor, by event and in cores, so that
one sees which ended it. At the end what the edge acknowledged, what Kafka holds and the rows are
counted, and have to be the same number. Prints JSON.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import asyncpg
import click
from confluent_kafka import Consumer, TopicPartition

from benchmarks.edge_hops import STREAM, Figures, Hops, Ladder, by_cpu, where_it_ends
from benchmarks.edge_servers import Servers
from benchmarks.environment import Place, place
from benchmarks.exactness import SQL, InexactError
from benchmarks.machine import commit, machine
from benchmarks.progress import StuckError
from benchmarks.worker import Worker, at_work

_RATES = "5000,10000,15000,20000,30000,40000,50000,60000,83333"


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="Of each step.")
@click.option("--events", type=click.IntRange(1, 1_000), default=25, show_default=True)
@click.option("--rates", default=_RATES, show_default=True, help="Events/s of each step.")
def main(*, seconds: float, events: int, rates: str) -> None:
    """Climb, compare, and print JSON. --events are those of one request."""
    with place() as here:
        servers = Servers(here.folder, here.kafka, here.watchdog)
        servers.build(java=False)
        try:
            steps = asyncio.run(_run(here, servers, events, seconds, _numbers(rates)))
        except (StuckError, InexactError) as error:
            raise click.ClickException(str(error)) from error
        about = {
            "machine": machine(here.postgres.query("SHOW server_version").strip()),
            "commit": commit(),
            "seconds": seconds,
            "events_per_request": events,
        }
    click.echo(json.dumps(about | steps, indent=2))


def _numbers(rates: str) -> list[int]:
    try:
        return [int(rate) for rate in rates.split(",")]
    except ValueError:
        raise click.BadParameter(f"{rates}: expected whole numbers with commas") from None


async def _run(
    here: Place, servers: Servers, events: int, seconds: float, rates: Sequence[int]
) -> Figures:
    prefix = here.name("path") + "-"
    edge = servers.edge(STREAM, {"HEADRACE_TOPIC_PREFIX": prefix})
    try:
        async with here.database() as dsn:
            worker = Worker(here, group=here.name("group"), prefix=prefix, dsn=dsn, streams=STREAM)
            try:
                worker.child.start()
                await at_work(worker)
                hops = Hops(here, edge, worker, dsn, f"{prefix}{STREAM}")
                ladder = Ladder(hops, events, seconds)
                steps = await ladder.climb(rates)
                counted = await _exact(hops, ladder.accepted)
            finally:
                worker.child.stop()
    finally:
        edge.child.stop()
    sustained = [step["events_per_second_answered"] for step in steps if step["sustained"]]
    return {
        "events_per_second_sustained": max(sustained, default=0),
        "ends": where_it_ends(steps[-1]),
        "events_per_second_by_cpu": by_cpu(steps[-1]),
        "counted": counted,
        "steps": steps,
    }


async def _exact(hops: Hops, accepted: int) -> Figures:
    """Count at each end. Raises InexactError where the numbers differ."""
    connection = await asyncpg.connect(hops.dsn)
    try:
        rows = await connection.fetchval(SQL["media_rows"])
    finally:
        await connection.close()
    counted = {"acknowledged": accepted, "in_kafka": _in_kafka(hops), "rows": rows}
    if len(set(counted.values())) > 1:
        raise InexactError(f"not the same number everywhere: {counted}")
    return counted


def _in_kafka(hops: Hops) -> int:
    consumer = Consumer({"bootstrap.servers": hops.here.kafka.address, "group.id": "benchmark"})
    try:
        partitions = consumer.list_topics(hops.topic, timeout=30).topics[hops.topic].partitions
        marks = [
            consumer.get_watermark_offsets(TopicPartition(hops.topic, number), timeout=30)
            for number in partitions
        ]
        return sum(high - low for low, high in marks)
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
