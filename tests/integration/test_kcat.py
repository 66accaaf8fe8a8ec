"""The main job, on records that a program which is not ours wrote to Kafka."""

from datetime import timedelta, timezone

from tests.integration.events import ago, heartbeat, minute_of
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker


def test_records_of_kcat_become_exact_rows_and_windows(headrace: Headrace, worker: Worker) -> None:
    minute = minute_of(ago(minutes=5))
    go = f"{minute:%Y-%m-%dT%H:%M}:59.123456789Z"
    javascript = f"{minute:%Y-%m-%dT%H:%M}:00.000Z"
    abroad = minute.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    headrace.topic.create()
    worker.start()

    headrace.topic.kcat(
        [
            heartbeat(go, session_id="go"),
            heartbeat(javascript, session_id="js", heartbeat_seconds=5, unknown=[1, None]),
            heartbeat(abroad, session_id="tz", current_cdn="Fastly", asn=7018),
        ]
    )
    headrace.wait_for_records(worker, 3)

    nanoseconds = minute.replace(second=59, microsecond=123_457)
    assert headrace.query(
        "SELECT kafka_offset, time, session_id, platform, channel, asn, current_cdn,"
        " video_profile_kbps, heartbeat_seconds, kafka_partition, epoch"
        " FROM content_sessions ORDER BY kafka_offset"
    ) == [
        (0, nanoseconds, "go", "tv", "news", 3320, "Akamai", 4_000, 10, 0, 1),
        (1, minute, "js", "tv", "news", 3320, "Akamai", 4_000, 5, 0, 1),
        (2, minute, "tz", "tv", "news", 7018, "Fastly", 4_000, 10, 0, 1),
    ]
    assert headrace.query("SELECT * FROM traffic_by_cdn ORDER BY current_cdn") == [
        (minute, "Akamai", 2, 60_000, 15, 1.0, 0.25, 60),
        (minute, "Fastly", 1, 40_000, 10, 40 / 60, 10 / 60, 60),
    ]
    assert headrace.query("SELECT * FROM traffic_by_asn ORDER BY asn") == [
        (minute, 3320, 2, 60_000, 15, 1.0, 0.25, 60),
        (minute, 7018, 1, 40_000, 10, 40 / 60, 10 / 60, 60),
    ]
    assert worker.stop() == 0
