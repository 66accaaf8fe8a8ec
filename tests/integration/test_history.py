"""A replay of daily history: each record in a day of its own, as its Kafka timestamp says too."""

from datetime import UTC, datetime, timedelta

from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

DAYS = 1_500


def test_years_of_daily_records_are_stored_soon(headrace: Headrace, worker: Worker) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    times = [noon - timedelta(days=days) for days in range(DAYS, 0, -1)]
    headrace.topic.create(config={"retention.ms": "-1"})
    producer = headrace.topic.producer()
    for time in times:
        stamp = int(time.timestamp() * 1_000)
        producer.produce(headrace.topic.name, heartbeat(time), timestamp=stamp)
    assert producer.flush(20) == 0

    worker.start()
    headrace.wait_for_records(worker, DAYS)

    found = headrace.query("SELECT time FROM content_sessions ORDER BY time")
    assert [row[0] for row in found] == times
    assert headrace.query("SELECT sum(events)::int FROM traffic_by_cdn") == [(DAYS,)]
