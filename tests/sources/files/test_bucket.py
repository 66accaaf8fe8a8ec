"""Objects of a bucket: found by prefix and pattern, in the order of keys, read by parts."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from models.content_sessions import CONTENT_SESSIONS
from sources.base import Record, SourceRefused
from sources.files.kind import BUCKET
from sources.files.options import BucketOptions
from sources.kinds import Opening
from telemetry.source_stats import SourceStats
from tests.sinks.parquet.gateway import SECRET, Gateway


class Objects:
    """A bucket of the gateway, which keeps objects as files, and what is read of it."""

    def __init__(self, gateway: Gateway) -> None:
        self._name = gateway.bucket()
        self._gateway = gateway
        self.folder = gateway.buckets / self._name
        self.resume: dict[str, Any] = {}
        self.stats = SourceStats()

    def write(self, key: str, content: bytes) -> None:
        file = self.folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(content)

    async def read(self, key: str = "", **more: Any) -> list[Record]:
        """Read all that there is now, in a process of its own."""
        given = self._gateway.options(self._name) | {"path": f"s3://{self._name}/{key}"}
        options = BUCKET.options(**{**given, **more}, once=True)
        [source] = BUCKET.open(options, Opening("b", CONTENT_SESSIONS, self.stats))
        records: list[Record] = []
        async for chunk in source.read(dict(self.resume)):
            records += chunk.records
            for name, value in chunk.resume.items():
                self.resume[name] = value
        await source.close()
        return records


@pytest.fixture
def objects(gateway: Gateway) -> Objects:
    return Objects(gateway)


def _lines(*numbers: int) -> bytes:
    return b"".join(b'{"session_id":"s","n":%d}\n' % number for number in numbers)


def _numbers(records: list[Record]) -> list[int]:
    return [json.loads(value)["n"] for value, _, _ in records]


async def test_new_objects_are_read_in_the_order_of_their_keys(objects: Objects) -> None:
    objects.write("events/b.jsonl", _lines(2))
    objects.write("events/a/1.jsonl.gz", gzip.compress(_lines(0, 1)))
    objects.write("other/c.jsonl", _lines(9))
    first = await objects.read("events/")
    objects.write("events/a/0.jsonl", _lines(3)[:-1])  # complete without a line's end

    assert _numbers(first) == [0, 1, 2]
    assert _numbers(await objects.read("events/")) == [3]
    assert set(objects.resume) == {"b.jsonl", "a/1.jsonl.gz", "a/0.jsonl"}


async def test_an_object_that_ends_in_a_line_that_is_too_long_is_read_to_its_end(
    objects: Objects,
) -> None:
    contents = {"a.jsonl": _lines(1), "b.csv": b'session_id,n\ns,2\ns,"3\n'}
    for key, begin in contents.items():
        objects.write(key, begin + b"x" * 5_000)

    read = [value for value, _, _ in await objects.read(longest_line_bytes=2_000)]

    assert read[:2] == [_lines(1)[:-1], b'{"session_id":"s","n":"2"}']
    assert b"".join(read[2:]).strip() == b's,"3'
    assert objects.stats.refused == {"line too long": 2}
    assert await objects.read(longest_line_bytes=2_000) == []
    assert objects.stats.refused == {"line too long": 2}


async def test_an_object_that_is_written_anew_is_another_one(objects: Objects) -> None:
    objects.write("a.jsonl", _lines(1, 2))
    await objects.read()
    objects.write("a.jsonl", _lines(5))

    assert _numbers(await objects.read()) == [5]


async def test_a_key_a_pattern_and_what_comes_after_a_name(objects: Objects) -> None:
    for number in range(4):
        objects.write(f"e/{number}.jsonl", _lines(number))
        objects.write(f"e/{number}.txt", b"no event\n")

    assert _numbers(await objects.read("e/2.jsonl")) == [2]
    objects.resume.clear()
    assert _numbers(await objects.read("e/*.jsonl")) == [0, 1, 2, 3]
    objects.resume.clear()
    assert _numbers(await objects.read("e/*.jsonl", after="1.jsonl")) == [2, 3]


async def test_parquet_and_objects_of_many_parts(objects: Objects, tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": list(range(50_000))}), tmp_path / "p", row_group_size=20_000)
    objects.write("a.parquet", (tmp_path / "p").read_bytes())
    objects.write("b.jsonl", _lines(*range(50_000, 300_000)))

    assert _numbers(await objects.read()) == list(range(300_000))


async def test_what_is_wrong_is_told_without_the_keys(objects: Objects) -> None:
    with pytest.raises(SourceRefused, match="no such bucket") as missing:
        await objects.read(path="s3://nobody-has-this/")
    with pytest.raises(SourceRefused, match="does not know these keys") as unknown:
        await objects.read(secret_access_key=f"{SECRET}-not")

    assert SECRET not in str(missing.value) + str(unknown.value)


def test_options_name_a_bucket() -> None:
    with pytest.raises(ValidationError, match="s3://BUCKET/PREFIX"):
        BucketOptions(path="/data")
    with pytest.raises(ValidationError, match="give both, or none"):
        BucketOptions(path="s3://b", access_key_id="a")


def test_every_option_is_described() -> None:
    assert all(field.description for field in BucketOptions.model_fields.values())
