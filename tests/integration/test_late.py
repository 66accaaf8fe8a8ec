"""Late records count in the windows of their own time, once; verdicts on time do not change."""

from datetime import datetime

from tests.integration.events import ago, heartbeat, minute_of
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker


def test_late_records_land_in_their_windows_once_also_through_a_crash(
    headrace: Headrace, worker: Worker
) -> None:
    times = [ago(), ago(minutes=7), ago(hours=5), ago(days=3), ago(days=59)]
    late = [heartbeat(time) for time in times]
    headrace.topic.create()
    worker.start()

    headrace.topic.produce(late)
    headrace.wait_for_records(worker, 5)
    headrace.topic.produce(late)
    worker.kill()
    worker.start()
    headrace.topic.produce(late)
    headrace.wait_for_records(worker, 15)

    assert windows(headrace) == [(minute_of(time), 3) for time in reversed(times)]


def test_verdicts_on_time_are_the_same_at_a_replay(headrace: Headrace, worker: Worker) -> None:
    records = [heartbeat(ago(minutes=-2)), heartbeat(ago(days=61)), heartbeat(ago(seconds=-50))]
    headrace.topic.create()
    headrace.topic.produce(records)
    worker.start()
    headrace.wait_for_records(worker, 3)
    worker.stop()

    headrace.query("UPDATE stream_positions SET last_offset = -1, last_timestamp = NULL")
    worker.start()
    headrace.wait_for_records(worker, 6)

    verdicts = 'SELECT "offset", reason, count(*) FROM event_dead_letters GROUP BY 1, 2 ORDER BY 1'
    assert headrace.query(verdicts) == [(0, "from_the_future", 2), (1, "expired", 2)]
    assert headrace.query("SELECT kafka_offset FROM content_sessions") == [(2,), (2,)]


def windows(headrace: Headrace) -> list[tuple[datetime, int]]:
    query = "SELECT window_start, events FROM traffic_by_cdn ORDER BY window_start"
    return [(start, events) for start, events in headrace.query(query)]
