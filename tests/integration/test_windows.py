"""Windows of another length, streams without raw rows, workers of some of the streams."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.events import ago, heartbeat, minute_of
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic

BY_CDN = "SELECT window_start, events, traffic_mbps FROM traffic_by_cdn ORDER BY 1"
TEN_SECONDS = {"HEADRACE_WINDOW_SECONDS": '{"traffic_by_cdn": 10}'}
MBPS = 4 * 10  # one heartbeat: 4,000 kbit/s for 10 s, in megabits


def test_windows_of_ten_seconds(headrace: Headrace) -> None:
    minute = minute_of(ago(minutes=5))
    headrace.topic.create()
    worker = headrace.worker(TEN_SECONDS)
    worker.start()

    headrace.topic.produce([at(minute, seconds) for seconds in (0, 9.999, 10, 59)])
    headrace.wait_for_records(worker, 4)

    assert headrace.query(BY_CDN) == [
        (minute, 2, 2 * MBPS / 10),
        (minute + timedelta(seconds=10), 1, MBPS / 10),
        (minute + timedelta(seconds=50), 1, MBPS / 10),
    ]
    # the other windows keep their minute, though this one could be rolled up from one of them
    assert headrace.query("SELECT window_start, events FROM traffic_by_cdn_and_asn") == [
        (minute, 4)
    ]


@pytest.mark.parametrize("seconds", [10, 300])
def test_live_traffic_is_right_at_every_moment(headrace: Headrace, seconds: int) -> None:
    headrace.topic.create()
    headrace.more["HEADRACE_WINDOW_SECONDS"] = json.dumps({"traffic_by_cdn": seconds})
    worker = headrace.worker()
    worker.start()
    client = SteadyClient(headrace.topic, since=time.time() - 2 * max(seconds, 60))
    client.catch_up()
    worker.wait_until(lambda: headrace.records_stored() >= client.sent, "at what was sent")
    shown: list[dict[str, Any]] = []

    def has_watched() -> bool:
        client.catch_up()
        shown.append(worker.status()["traffic_by_cdn"].get("Akamai", {}))
        return time.time() > begin + 12  # a window of ten seconds ends in between

    worker.wait_until(lambda: worker.status()["traffic_by_cdn"], "showing traffic")
    begin = time.time()
    worker.wait_until(has_watched, "watched")

    for traffic in shown:
        assert traffic["traffic_mbps"] == pytest.approx(MBPS, rel=0.15)
        assert traffic["concurrent_sessions"] == pytest.approx(10, rel=0.15)


def test_a_length_that_changes_while_two_workers_run_loses_nothing(headrace: Headrace) -> None:
    minute = minute_of(ago(minutes=5))
    later = minute + timedelta(minutes=1)
    headrace.topic.create(partitions=2)
    old, new = headrace.worker(), headrace.worker(TEN_SECONDS)
    old.start()
    send(headrace, minute, [1, 11])
    headrace.wait_for_records(old, 4)

    new.start()  # shares the topic with the old one for a while
    send(headrace, later, [1, 11])
    headrace.wait_for_records(new, 8)
    old.stop()
    send(headrace, later + timedelta(minutes=1), [1, 11])
    headrace.wait_for_records(new, 12)

    assert headrace.query("SELECT sum(events) FROM traffic_by_cdn") == [(12,)]
    assert headrace.query(BY_CDN)[-2:] == [
        (later + timedelta(seconds=60), 2, 2 * MBPS / 10),
        (later + timedelta(seconds=70), 2, 2 * MBPS / 10),
    ]


def test_windows_only_stores_no_raw_rows(headrace: Headrace) -> None:
    minute = minute_of(ago(minutes=5))
    headrace.topic.create()
    worker = headrace.worker({"HEADRACE_WINDOWS_ONLY": "content_sessions"})
    worker.start()

    headrace.topic.produce([at(minute, 0), at(minute, 1), b"no heartbeat"])
    worker.wait_until(lambda: headrace.query("SELECT 1 FROM event_dead_letters"), "done")

    assert headrace.query(BY_CDN) == [(minute, 2, 2 * MBPS / 60)]
    assert headrace.query("SELECT count(*) FROM content_sessions") == [(0,)]
    assert positions(headrace)[headrace.topic.name] == 2


def test_workers_of_some_streams_share_the_work(headrace: Headrace) -> None:
    sessions = headrace.worker({"HEADRACE_STREAMS": "content_sessions"})
    rest = headrace.worker({"HEADRACE_STREAMS": "user_activity,purchases"})
    clicks = Topic(headrace.topic.broker, f"{headrace.prefix}user_activity")
    headrace.topic.create()
    clicks.create()
    sessions.start()
    rest.start()

    headrace.topic.produce([heartbeat()] * 10)
    clicks.produce([click()] * 20)
    headrace.wait_for_records(sessions, 10)
    rest.wait_until(lambda: positions(headrace).get(clicks.name) == 19, "at 20 clicks")
    sessions.kill()
    clicks.produce([click()] * 5)
    rest.wait_until(lambda: positions(headrace).get(clicks.name) == 24, "at 25 clicks")

    assert set(rest.status()["streams"]) == {"user_activity", "purchases"}
    assert headrace.query("SELECT sum(event_count) FROM user_event_summary") == [(25,)]


def test_a_stream_that_does_not_exist_is_refused(headrace: Headrace) -> None:
    headrace.more["HEADRACE_STREAMS"] = "content_sessions,clicks"

    refused = headrace.run("app", "worker")

    assert refused.returncode == 1
    assert "HEADRACE_STREAMS: no stream clicks; there are content_sessions" in refused.stderr


class SteadyClient:
    """Sends one heartbeat for each second since a time, when told to."""

    def __init__(self, topic: Topic, since: float) -> None:
        self.sent = 0
        self._topic = topic
        self._next = since

    def catch_up(self) -> None:
        due = []
        while self._next < time.time():
            due.append(heartbeat(datetime.fromtimestamp(self._next, UTC)))
            self._next += 1
        if due:
            self._topic.produce(due)
        self.sent += len(due)


def at(minute: datetime, seconds: float) -> bytes:
    return heartbeat((minute + timedelta(seconds=seconds)).isoformat())


def send(headrace: Headrace, minute: datetime, seconds: list[float]) -> None:
    for partition in (0, 1):
        headrace.topic.produce([at(minute, second) for second in seconds], partition)


def click(**fields: Any) -> bytes:
    event = {
        "event_time": ago(minutes=1).isoformat(),
        "event_id": "e",
        "user_id": "u",
        "event_type": "click",
        "page": "/",
        "device": "tv",
        "country": "DE",
    }
    return json.dumps(event | fields).encode()


def positions(headrace: Headrace) -> dict[str, int]:
    return dict(headrace.query("SELECT topic, max(last_offset) FROM stream_positions GROUP BY 1"))
