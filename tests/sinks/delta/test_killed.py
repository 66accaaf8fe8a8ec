"""Kill -9 of writers and of S3 while they commit: each record is stored once, or the test says so.

The short form of a longer torture; `HEADRACE_TORTURE_SECONDS` makes it longer.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.sinks.delta.sinks import rows, sink_in
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.sinks import P0, P1
from tests.sinks.parquet.test_killed import torture, wanted, writing

_WRITER = "tests.sinks.delta.careless_writer"
_SECONDS = float(os.environ.get("HEADRACE_TORTURE_SECONDS", "8"))

pytestmark = pytest.mark.timeout(120 + 3 * _SECONDS)


async def _stored_and_reached(place: dict[str, Any]) -> tuple[dict[int, list[int]], list[int]]:
    stored: dict[int, list[int]] = {0: [], 1: []}
    for partition, offset in rows(place, "kafka_partition", "kafka_offset"):
        stored[partition].append(offset)
    reached = await sink_in(place).positions([P0, P1])
    return stored, [reached[tp].last_offset for tp in (P0, P1)]


async def test_in_a_folder_each_record_is_stored_once(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "lake")}
    with writing(place, module=_WRITER) as writers:
        torture(writers, tmp_path)

    stored, reached = await _stored_and_reached(place)

    assert writers.killed > 0
    assert min(reached) > 500, reached
    for partition, last in enumerate(reached):
        assert stored[partition] == wanted(last)


async def test_in_s3_each_record_is_stored_once(own_gateway: Gateway) -> None:
    place = own_gateway.options(own_gateway.bucket())
    with writing(place, module=_WRITER) as writers:
        killed = torture(writers, own_gateway.buckets, own_gateway)

    stored, reached = await _stored_and_reached(place)

    assert killed > 0
    assert writers.killed > 0
    assert min(reached) > 500, reached
    for partition, last in enumerate(reached):
        assert stored[partition] == wanted(last)


async def test_without_the_guard_the_same_is_seen_to_fail(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "lake")}
    with writing(place, "unguarded", module=_WRITER) as writers:
        torture(writers, tmp_path)

    stored, reached = await _stored_and_reached(place)

    assert any(stored[partition] != wanted(last) for partition, last in enumerate(reached))
