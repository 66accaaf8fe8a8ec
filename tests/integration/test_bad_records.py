"""Bad records through Kafka: each is a row or a dead letter, in the table and on its topic."""

import re
import time
from pathlib import Path

from generator.clients import Simulation
from generator.streams import SIMULATED
from tests.integration.events import ago, heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

GUIDE = Path(__file__).parents[2] / "docs/guides/find-out-why-a-record-was-refused.md"
MEGABYTE = 1024 * 1024
LARGE = b"x" * (10 * MEGABYTE)


def bad_records() -> list[tuple[bytes | None, str]]:
    # made when the test runs: some are measured from now
    return [
        (None, "malformed"),
        (b"", "malformed"),
        (b"null", "invalid"),
        (heartbeat()[:-9], "malformed"),
        (heartbeat().replace(b"news", b"n\xffws"), "malformed"),
        (heartbeat().replace(b"3320", b"NaN"), "malformed"),
        (heartbeat().replace(b"3320", b"1e400"), "invalid"),
        (heartbeat(asn=2**64), "invalid"),
        (heartbeat(asn="3320"), "invalid"),
        (heartbeat(channel=None), "invalid"),
        (heartbeat(channel="n\0ws"), "invalid"),
        (b"[" * 100_000, "malformed"),
        (heartbeat("0000-01-01T00:00:00Z"), "invalid"),
        (heartbeat("0001-01-01T00:00:00Z"), "expired"),
        (heartbeat("9999-12-31T23:59:59Z"), "from_the_future"),
        (heartbeat(ago(minutes=-5)), "from_the_future"),
        (heartbeat(ago(days=61)), "expired"),
        (LARGE, "too_large"),
    ]


def test_bad_records_end_in_the_table_and_on_the_topic_of_dead_letters(
    headrace: Headrace, worker: Worker
) -> None:
    good, bad = heartbeat(), bad_records()
    headrace.topic.create(config={"max.message.bytes": str(32 * MEGABYTE)})

    worker.start()
    headrace.topic.produce(
        [good, *(value for value, _ in bad), good], message_max_bytes=32 * MEGABYTE
    )
    headrace.wait_for_records(worker, len(bad) + 2)

    offsets = range(1, len(bad) + 1)
    assert headrace.query("SELECT kafka_offset FROM content_sessions ORDER BY 1") == [
        (0,),
        (len(bad) + 1,),
    ]
    assert headrace.query(
        'SELECT "offset", payload, reason, topic, partition, epoch'
        ' FROM event_dead_letters ORDER BY "offset"'
    ) == [
        (offset, value, reason, headrace.topic.name, 0, 1)
        for offset, (value, reason) in zip(offsets, bad, strict=True)
    ]
    published = {message.key(): message for message in headrace.dead_letters_topic.read(len(bad))}
    assert len(published) == len(bad)
    for offset, (value, reason) in zip(offsets, bad, strict=True):
        key = f"{headrace.topic.name}-0-{offset}".encode()
        headers = dict(published[key].headers() or [])
        assert published[key].value() == value
        assert headers["headrace.reason"] == reason.encode()
        assert headers["headrace.source"] == key
        assert headers["headrace.detail"]


def test_the_guides_query_gives_a_line_for_each_mistake_of_the_generators_clients(
    headrace: Headrace, worker: Worker
) -> None:
    simulated, now = SIMULATED["content_sessions"], round(time.time() * 1_000)
    players = simulated.clients(Simulation(1, 1, start=now))
    good = [players.record(now + second * 1_000, 0) for second in range(40)]
    bad = [kind.of(record).value for record in good for kind in simulated.kinds]
    guide = GUIDE.read_text(encoding="utf-8")
    query = re.findall(r"^```sql\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)[0]
    worker.start()

    headrace.topic.produce(bad)
    headrace.wait_for_records(worker, len(bad))

    lines = headrace.query(query)
    assert sum(line[3] for line in lines) == len(bad)
    assert len(lines) <= len(simulated.kinds)
    varies = "SELECT count(DISTINCT context) FROM event_dead_letters WHERE reason = 'expired'"
    assert headrace.query(varies)[0][0] > 1
    published = {
        dict(one.headers() or [])["headrace.context"]
        for one in headrace.dead_letters_topic.read(len(bad))
    }
    assert len(published) > 1


NO_TIMESTAMP, NEGATIVE = -1, -86_400_000
FAR_AWAY = 253_402_300_799_999  # the last millisecond of the year 9999
ANY_TIMESTAMP = {"message.timestamp.after.max.ms": str(2**63 - 1)}
ODD_TIMES = [
    ("0001-01-01T00:00:00Z", NO_TIMESTAMP, "expired"),  # Go's zero time
    ("0001-01-01T00:00:00Z", NEGATIVE, "expired"),
    ("9999-12-31T23:59:59.999999Z", NO_TIMESTAMP, "from_the_future"),
    ("9999-12-31T23:59:59.999999Z", FAR_AWAY, "from_the_future"),
    ("2500-01-01T00:00:00Z", NEGATIVE, "from_the_future"),
]


def test_no_event_time_stops_a_worker_whatever_its_record_says(
    headrace: Headrace, worker: Worker
) -> None:
    headrace.topic.create(config=ANY_TIMESTAMP)
    odd = [(heartbeat(time), timestamp) for time, timestamp, _ in ODD_TIMES]
    edges = ["1900-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z"]
    worker.start()

    headrace.topic.produce_at([*odd, *((heartbeat(time), NO_TIMESTAMP) for time in edges)])
    headrace.topic.produce([heartbeat()])
    headrace.wait_for_records(worker, len(odd) + 3)
    headrace.topic.produce_at([(heartbeat(), NO_TIMESTAMP)])
    wait_for_offset(headrace, worker, len(odd) + 3)
    worker.restart()  # its takeover reads the record without a timestamp back
    headrace.topic.produce([heartbeat()])
    wait_for_offset(headrace, worker, len(odd) + 4)

    letters = 'SELECT reason FROM event_dead_letters ORDER BY "offset"'
    assert [reason for (reason,) in headrace.query(letters)] == [
        reason for _, _, reason in ODD_TIMES
    ]


def wait_for_offset(headrace: Headrace, worker: Worker, offset: int) -> None:
    # not by rows: retention takes those of 1900 when the worker starts again
    position = "SELECT last_offset FROM stream_positions"
    worker.wait_until(lambda: headrace.query(position) == [(offset,)], f"at offset {offset}")
