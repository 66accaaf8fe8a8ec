"""What real workers say of themselves: metrics that agree with the database, and health."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import asyncpg

from tests.integration.events import ago, heartbeat
from tests.integration.headrace import Headrace
from tests.integration.monitoring import health, scrape
from tests.integration.worker import Worker

STREAM = ("content_sessions",)


def test_metrics_say_what_the_database_says(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    worker.start()
    headrace.topic.produce(
        [
            heartbeat(),
            heartbeat(ago(minutes=5), current_cdn="Fastly", heartbeat_seconds=5),
            b"no JSON",
            heartbeat(asn=-1),
        ]
    )
    headrace.wait_for_records(worker, 4)

    assert scrape(worker, "headrace_events_in_total") == {STREAM: 4}
    assert scrape(worker, "headrace_rows_stored_total") == {STREAM: 2}
    letters = scrape(worker, "headrace_dead_letters_total")
    assert {key: count for key, count in letters.items() if count} == {
        ("malformed", *STREAM): 1,
        ("invalid", *STREAM): 1,
    }
    assert scrape(worker, "headrace_traffic_kilobits_total") == {
        ("Akamai",): 40_000,
        ("Fastly",): 20_000,
    }
    assert scrape(worker, "headrace_session_seconds_total") == {("Akamai",): 10, ("Fastly",): 5}
    assert scrape(worker, "headrace_lag_records") == {("0", *STREAM): 0}
    assert scrape(worker, "headrace_batch_records_sum") == {STREAM: 4}
    assert scrape(worker, "headrace_sink_write_seconds_count")[("postgres", *STREAM)] >= 1
    assert scrape(worker, "headrace_ready") == {(): 1}
    capacity = dict(headrace.query("SELECT cdn_name, max_capacity_mbps FROM cdn_capacity"))
    worker.wait_until(
        lambda: (
            scrape(worker, "headrace_cdn_capacity_mbps")
            == {(cdn,): mbps for cdn, mbps in capacity.items()}
        ),
        "looking at the database",
    )
    assert scrape(worker, "headrace_database_bytes")[()] > 1_000_000


def test_counters_keep_their_meaning_over_a_rebalance(headrace: Headrace) -> None:
    headrace.topic.create(partitions=2)
    first, second = headrace.worker(), headrace.worker()
    first.start()
    for partition in range(2):
        headrace.topic.produce([heartbeat()] * 10, partition=partition)
    headrace.wait_for_records(first, 20)

    second.start()
    first.wait_until(lambda: len(scrape(first, "headrace_lag_records")) == 1, "sharing")
    for partition in range(2):
        headrace.topic.produce([heartbeat()] * 5, partition=partition)
    headrace.wait_for_records(first, 30)

    stored = [scrape(one, "headrace_rows_stored_total")[STREAM] for one in (first, second)]
    assert stored == [25, 5]
    kilobits = [scrape(one, "headrace_traffic_kilobits_total") for one in (first, second)]
    assert kilobits == [{("Akamai",): 25 * 40_000}, {("Akamai",): 5 * 40_000}]
    assert scrape(first, "headrace_rebalances_total")[()] >= 2
    assert len(scrape(second, "headrace_lag_records")) == 1


def test_a_worker_is_ready_when_it_reads_and_can_store(headrace: Headrace, worker: Worker) -> None:
    headrace.topic.create()
    worker.start()
    worker.wait_until(lambda: health(worker, "readyz")[0] == 200, "ready")
    assert health(worker, "readyz")[1] == {"ready": True, "reasons": []}

    with away(headrace.database):
        headrace.topic.produce([heartbeat()])
        worker.wait_until(lambda: health(worker, "readyz")[0] == 503, "waiting")
        _, answer = health(worker, "readyz")
        assert answer["ready"] is False
        assert answer["reasons"][0].startswith("content_sessions waits: PostgreSQL: ")
        assert health(worker, "livez") == (200, {"live": True, "reasons": []})
        assert scrape(worker, "headrace_sink_waiting") == {STREAM: 1}
        assert scrape(worker, "headrace_sink_errors_total")[("postgres", *STREAM)] >= 1
        [(error, *stream), at] = scrape(worker, "headrace_last_error_timestamp_seconds").popitem()
        assert (error.endswith("Error"), tuple(stream), at > 0) == (True, STREAM, True)

    worker.wait_until(lambda: health(worker, "readyz")[0] == 200, "ready again")
    headrace.wait_for_records(worker, 1)
    assert scrape(worker, "headrace_sink_waiting") == {STREAM: 0}


def test_a_worker_that_waits_for_kafka_lives_and_is_not_ready(headrace: Headrace) -> None:
    worker = headrace.worker({"HEADRACE_BROKER": "127.0.0.1:1"})
    worker.child.start()

    worker.wait_until(lambda: health(worker, "readyz")[0] == 503, "up")

    worker.wait_until(
        lambda: health(worker, "readyz")[1]["reasons"][0].startswith("waiting for Kafka at"),
        "waiting for Kafka",
    )
    assert health(worker, "livez")[0] == 200
    assert scrape(worker, "headrace_ready") == {(): 0}


@contextmanager
def away(dsn: str) -> Iterator[None]:
    """Let nobody into the database, and throw out who is in."""
    name = urlsplit(dsn).path[1:]
    asyncio.run(_tell(dsn, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
    everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
    asyncio.run(_tell(dsn, everybody, name))
    try:
        yield
    finally:
        asyncio.run(_tell(dsn, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))


async def _tell(dsn: str, sql: str, *arguments: str) -> None:
    connection = await asyncpg.connect(urlsplit(dsn)._replace(path="/postgres").geturl())
    try:
        await connection.execute(sql, *arguments)
    finally:
        await connection.close()
