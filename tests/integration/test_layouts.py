"""However a topic is laid out and keyed, the same records give the same totals, in all streams."""

import time
from itertools import count

import pytest
from confluent_kafka import Producer

from tests.chaos.database import Database
from tests.chaos.records import STREAMS
from tests.chaos.streams import MAKERS, merged
from tests.chaos.truth import Figures, differences
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic

RECORDS = 2_000
NOW = time.time_ns() // 1_000_000
SPREAD_MILLISECONDS = 200_000


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("partitions", "keyed"),
    [
        pytest.param(1, True, id="1 partition"),
        pytest.param(4, True, id="4 partitions, keyed"),
        pytest.param(4, False, id="4 partitions, unkeyed"),
        pytest.param(32, False, id="32 partitions, unkeyed"),
    ],
)
def test_totals_do_not_depend_on_partitions_or_keys(
    headrace: Headrace, *, partitions: int, keyed: bool
) -> None:
    for stream in STREAMS:
        Topic(headrace.topic.broker, f"{headrace.prefix}{stream}").create(partitions)
    expected = produce(headrace, keyed=keyed)
    worker = headrace.worker({"HEADRACE_STREAMS": ",".join(STREAMS)})
    worker.start()
    database = Database(headrace.database, headrace.prefix)

    worker.wait_until(
        lambda: sum((database.positions() or {}).values()) == RECORDS * len(STREAMS), "all stored"
    )
    stored = {name: figure for name, figure in database.figures().items() if name in expected}
    database.close()

    assert differences(expected, stored) == []


def produce(headrace: Headrace, *, keyed: bool) -> Figures:
    """Produce records of all streams; return what they add up to."""
    figures: Figures = {}
    producer = Producer({"bootstrap.servers": headrace.topic.broker})
    numbers = count()
    for _ in range(RECORDS):
        for stream in STREAMS:
            number = next(numbers)
            made = MAKERS[stream](number, NOW - number * 7_919 % SPREAD_MILLISECONDS)
            key = str(number % 50).encode() if keyed else None
            producer.produce(f"{headrace.prefix}{stream}", made.value, key=key)
            for name, key_of, numbers_of in made.adds:
                figure = figures.setdefault(name, {})
                held = figure.get(key_of)
                figure[key_of] = merged(name, held, numbers_of) if held else numbers_of
        producer.poll(0)
    assert producer.flush(30) == 0
    return figures
