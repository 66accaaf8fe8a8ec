"""Live tables are a view of the database, the same on whichever worker one asks."""

from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from batching.table import key_label
from tests.integration.events import ago, heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

PARTITIONS = 4
KEYS = {
    "traffic_by_cdn": "current_cdn",
    "traffic_by_asn": "asn",
    "traffic_by_cdn_and_asn": "current_cdn || '|' || asn",
}
QUALITY = "quality_by_cdn_and_asn"
"""Listed like the others; its windows hold other sums, and none of what old players send."""

Table = dict[str, dict[str, dict[str, int]]]


@pytest.fixture
def two(headrace: Headrace) -> tuple[Worker, Worker]:
    """Start two workers that share four partitions."""
    headrace.topic.create(PARTITIONS)
    one, other = headrace.worker(), headrace.worker()
    one.start()
    other.start()
    one.wait_until(lambda: held(one) == held(other) == PARTITIONS // 2, "sharing partitions")
    return one, other


def test_pages_show_what_the_database_holds_on_either_worker(
    headrace: Headrace, two: tuple[Worker, Worker]
) -> None:
    produce(headrace)
    headrace.wait_for_records(two[0], 3 * PARTITIONS)

    for name, asked in product(KEYS, two):
        wait_until_shown(headrace, name, asked)


def test_tables_equal_the_database_again_after_a_crash(
    headrace: Headrace, two: tuple[Worker, Worker]
) -> None:
    crashed, survivor = two
    produce(headrace)
    headrace.wait_for_records(survivor, 3 * PARTITIONS)

    crashed.kill()
    produce(headrace)
    crashed.start()
    headrace.wait_for_records(survivor, 6 * PARTITIONS)

    for name, asked in product(KEYS, two):
        wait_until_shown(headrace, name, asked)


def test_pages_know_what_is_not_there(headrace: Headrace, two: tuple[Worker, Worker]) -> None:
    produce(headrace)
    headrace.wait_for_records(two[0], 3 * PARTITIONS)

    for asked in two:
        assert asked.page("/table/nothing/")[0] == 404
        assert asked.page("/table/traffic_by_cdn/nonsense/")[0] == 404
        assert asked.page("/table/traffic_by_cdn/2001-01-01T00:00Z.p0/")[0] == 404
        assert asked.page("/table/traffic_by_cdn/2001-01-01T00:00Z.p99/")[0] == 503  # nobody's
        assert {table["name"] for table in asked.page("/table/")[1]} == {*KEYS, QUALITY}


def test_a_key_is_looked_up_on_either_worker(
    headrace: Headrace, two: tuple[Worker, Worker]
) -> None:
    names = ["Fastly", "AC/DC", "a|b", "100 %"]
    now = ago()
    for partition in range(PARTITIONS):
        headrace.topic.produce([heartbeat(now, current_cdn=name) for name in names], partition)
    headrace.wait_for_records(two[0], len(names) * PARTITIONS)

    for asked, name in product(two, names):
        address = f"/table/traffic_by_cdn/{quote(key_label([name]), safe='')}/"
        total = {"events": PARTITIONS, "kilobits": 40_000 * PARTITIONS}
        asked.wait_until(lambda: numbers(asked, address) == total, f"showing {name}")  # noqa: B023
    assert two[0].page("/table/traffic_by_cdn_and_asn/Fastly%7C3320/")[0] == 200
    assert two[0].page("/table/traffic_by_cdn_and_asn/Fastly/")[0] == 404


def test_faust_lists_the_tables(headrace: Headrace) -> None:
    listed = headrace.run("faust", "-A", "app", "tables")

    assert listed.returncode == 0, listed.stderr
    assert all(name in listed.stdout for name in KEYS)


def numbers(worker: Worker, address: str) -> dict[str, int]:
    """Look a key up: what it has in its newest window, without the seconds."""
    status, found = worker.page(address)
    if status != 200:
        return {}
    newest = dict(next(iter(found["windows"].values())))
    newest.pop("session_seconds")
    return newest


def produce(headrace: Headrace) -> None:
    now, before = ago(), ago(minutes=5)
    for partition in range(PARTITIONS):
        headrace.topic.produce(
            [
                heartbeat(now, current_cdn="Fastly"),
                heartbeat(before, asn=partition),
                heartbeat(ago(hours=2)),
            ],
            partition,
        )


def held(worker: Worker) -> int:
    return sum(
        len(partitions)
        for topic, partitions in worker.status().get("partitions", {}).items()
        if topic.endswith("content_sessions")
    )


def wait_until_shown(headrace: Headrace, name: str, worker: Worker) -> None:
    truth = stored(headrace, name)
    assert len(truth) == 2 * PARTITIONS
    worker.wait_until(lambda: shown(worker, name) == truth, f"showing {name}")


def shown(worker: Worker, name: str) -> Table:
    """Read a table through its pages: the list, then each entry."""
    status, table = worker.page(f"/table/{name}/")
    if status != 200:
        return {}
    entries = {key: worker.page(f"/table/{name}/{key}/")[1] for key in table["entries"]}
    assert {key: len(entry) for key, entry in entries.items()} == table["entries"]
    return entries


def stored(headrace: Headrace, name: str) -> dict[str, Any]:
    """Give the same table as the database holds it: the windows of the last hour."""
    table: Table = {}
    for entry, key, events, kilobits, seconds in headrace.query(
        'SELECT to_char(window_start, \'YYYY-MM-DD"T"HH24:MI"Z.p"\') || partition,'  # noqa: S608
        f" ({KEYS[name]})::text, events, kilobits, session_seconds FROM {name}_windows"
        " WHERE window_start > now() - interval '1 hour'"
    ):
        measures = {"events": events, "kilobits": kilobits, "session_seconds": seconds}
        table.setdefault(entry, {})[key] = measures
    return table
