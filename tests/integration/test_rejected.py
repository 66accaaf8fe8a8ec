"""What PostgreSQL refuses for good stops no worker: one dead letter each, neighbours are stored."""

from datetime import UTC, datetime
from pathlib import Path

from tests.integration.events import ago
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.integration.worker import Worker
from tests.models.examples import FORMS
from tests.sinks.notes import LONG_KEY, TABLES, note

MOST = 9 * 10**12  # a million units each: two of them leave 64 bits
LETTERS = 'SELECT "offset", reason, detail FROM event_dead_letters ORDER BY "offset"'


def test_records_that_no_table_has_room_for_become_dead_letters(
    headrace: Headrace, tmp_path: Path
) -> None:
    declared = tmp_path / "elsewhere" / "notes.py"
    declared.parent.mkdir()
    declared.write_text("from tests.sinks.notes import STREAM\n")
    declared.with_suffix(".sql").write_text(TABLES)
    headrace.more |= {"HEADRACE_STREAM_FILES": str(declared), "HEADRACE_STREAMS": "notes"}
    topic = Topic(headrace.topic.broker, f"{headrace.prefix}notes")
    topic.create()
    now = datetime.now(UTC).isoformat()
    values = [note(f"a{number % 7}", time=now) for number in range(1_000)]
    values[0] = values[500] = values[999] = note(LONG_KEY, time=now)
    values[100] = values[101] = note("rich", MOST, time=now)
    worker = headrace.worker()

    topic.produce(values)
    worker.start()
    wait_for_offset(headrace, worker, topic, 999)
    topic.produce([note("rich", MOST, time=now), *values[1:9]])
    wait_for_offset(headrace, worker, topic, 1_008)

    rejected = [(0, "btree"), (101, "bigint"), (500, "btree"), (999, "btree"), (1_000, "bigint")]
    letters = headrace.query(LETTERS)
    assert [(offset, reason) for offset, reason, _ in letters] == [
        (offset, "rejected_by_sink") for offset, _ in rejected
    ]
    assert ["bigint" in detail for _, _, detail in letters] == [
        why == "bigint" for _, why in rejected
    ]
    assert headrace.query("SELECT kafka_offset FROM notes ORDER BY 1") == [
        (offset,) for offset in range(1_009) if offset not in dict(rejected)
    ]
    assert headrace.query("SELECT sum(notes)::int FROM notes_by_author_windows") == [(1_004,)]
    published = Topic(topic.broker, f"{topic.name}.dead-letters").read(len(rejected))
    assert [message.key() for message in published] == [
        f"{topic.name}-0-{offset}".encode() for offset, _ in rejected
    ]


def test_amounts_that_leave_their_sum_stop_no_worker(headrace: Headrace) -> None:
    headrace.more["HEADRACE_STREAMS"] = "purchases"
    worker = headrace.worker()
    topic = Topic(headrace.topic.broker, f"{headrace.prefix}purchases")
    topic.create()
    minute = ago(minutes=5).isoformat()
    fields = {"event_time": minute, "unit_price": 1, "currency": "EUR", "country": "DE"}
    largest = FORMS["purchases"].event(**fields, amount="100000000000")
    worker.start()

    topic.produce([largest])
    wait_for_offset(headrace, worker, topic, 0)
    # what 922,337 of them come to
    headrace.query("UPDATE purchases_by_country_windows SET amount_minor = 922337 * 10^13")
    topic.produce([largest, FORMS["purchases"].event(**(fields | {"country": "FR"}), amount="1")])
    wait_for_offset(headrace, worker, topic, 2)

    [(offset, reason, detail)] = headrace.query(LETTERS)
    assert (offset, reason) == (1, "rejected_by_sink")
    assert "purchases_by_country_windows: bigint out of range" in detail
    assert headrace.query("SELECT country FROM purchases_by_country ORDER BY 1") == [
        ("DE",),
        ("FR",),
    ]


def wait_for_offset(headrace: Headrace, worker: Worker, topic: Topic, offset: int) -> None:
    position = "SELECT last_offset FROM stream_positions WHERE topic = $1"
    worker.wait_until(
        lambda: headrace.query(position, topic.name) == [(offset,)], f"at offset {offset}"
    )
