"""What readers read of a Parquet set: all of it, one CDN, and one CDN in one hour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec
import pyarrow.compute as pc
import pyarrow.dataset as ds

from benchmarks.exactness import InexactError
from benchmarks.sinks.backlog import Backlog, Say, fill
from benchmarks.sinks.into_parquet import into_s3
from benchmarks.sinks.stage import Stage
from benchmarks.sinks.stored import InParquet

_HOURS = 6
_CDN = "Akamai"
_MEASURED = "duration_seconds"


class Answer(NamedTuple):
    """Rows and the sum of a column, and the bytes that were read for it."""

    rows: int
    total: int
    read_bytes: int


Ask = Callable[[str, str, int], Answer]
"""Asks for one CDN, or for all ("" as its name), in an hour of a date, or in all (-1)."""


def pruning(stage: Stage, events: int, say: Say) -> dict[str, Any]:
    """Write six hours of events, then ask three readers the same questions."""
    prefix = f"{stage.here.name('pruning')}-"
    backlog = fill(stage.here.kafka.address, prefix, "media_events", events, say, hours=_HOURS)
    say("into S3")
    stored, _ = into_s3(stage, backlog, 1)
    readers: dict[str, Ask] = {
        "duckdb": _Duckdb(stored).ask,
        "pyarrow": _Pyarrow(stored).ask,
        "clickhouse": _Clickhouse(stage, stored).ask,
    }
    date, hour = _a_whole_hour(stored)
    found: dict[str, Any] = {"events": backlog.events, "set_bytes": stored.stored_bytes()}
    for what, question in (
        ("all", ("", "", -1)),
        ("one_cdn", (_CDN, "", -1)),
        ("one_cdn_one_hour", (_CDN, date, hour)),
    ):
        say(what)
        answers = {name: ask(*question) for name, ask in readers.items()}
        _check(what, answers, backlog)
        found[what] = {
            "rows": answers["duckdb"].rows,
            "read_bytes": {name: answer.read_bytes for name, answer in answers.items()},
            "of_the_set": {
                name: round(answer.read_bytes / found["set_bytes"], 4)
                for name, answer in answers.items()
            },
        }
    return found


def _check(what: str, answers: dict[str, Answer], backlog: Backlog) -> None:
    if len({answer[:2] for answer in answers.values()}) != 1:
        raise InexactError(f"{what}: readers disagree: {answers}")
    if what == "all" and answers["duckdb"].rows != backlog.events:
        raise InexactError(f"{what}: produced {backlog.events}, read {answers}")


def _a_whole_hour(stored: InParquet) -> tuple[str, int]:
    """Give date and hour of a folder in the middle."""
    places = sorted({file.parent for file in stored.files}, key=lambda one: one.parts[-2:])
    place = places[len(places) // 2]
    date, hour = (part.partition("=")[2] for part in place.parts[-2:])
    return date, int(hour)


def _read_by_this_process() -> int:
    """Give the bytes that this process has read so far, from caches too (Linux only)."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(lines[0].removeprefix("rchar:"))


class _Duckdb:
    def __init__(self, stored: InParquet) -> None:
        self._files = f"{stored.folder}/**/*.parquet"

    def ask(self, cdn: str, date: str, hour: int) -> Answer:
        where = _where(cdn, date, hour)
        before = _read_by_this_process()
        with duckdb.connect() as database:
            [(rows, total)] = database.sql(
                f"SELECT count(*), sum({_MEASURED})::BIGINT FROM read_parquet('{self._files}',"  # noqa: S608
                f" hive_partitioning = true, union_by_name = true) WHERE {where}"
            ).fetchall()
        return Answer(rows, total, _read_by_this_process() - before)


class _Pyarrow:
    def __init__(self, stored: InParquet) -> None:
        self._folder = stored.folder

    def ask(self, cdn: str, date: str, hour: int) -> Answer:
        before = _read_by_this_process()
        found = ds.dataset(self._folder, format="parquet", partitioning="hive")
        wanted = ds.scalar(True)  # noqa: FBT003 - an expression that holds for all
        if cdn:
            wanted &= ds.field("cdn") == cdn
        if date:
            wanted &= (ds.field("date") == date) & (ds.field("hour") == hour)
        table = found.to_table(columns=[_MEASURED], filter=wanted)
        total = pc.sum(table[_MEASURED]).as_py()
        return Answer(table.num_rows, total, _read_by_this_process() - before)


class _Clickhouse:
    """Reads through the gateway, and counts what it got from there."""

    def __init__(self, stage: Stage, stored: InParquet) -> None:
        self._server = stage.clickhouse
        path = stored.folder.relative_to(stage.s3.buckets)
        key, secret = (
            stage.s3.options("")[name] for name in ("access_key_id", "secret_access_key")
        )
        url = f"http://127.0.0.1:{stage.s3.port}/{path}/**/*.parquet"
        self._from = f"s3('{url}', '{key}', '{secret}', 'Parquet')"

    def ask(self, cdn: str, date: str, hour: int) -> Answer:
        before = self._got()
        answer = self._server.query(
            f"SELECT count(), sum({_MEASURED}) FROM {self._from} WHERE {_where(cdn, date, hour)}"  # noqa: S608
            " FORMAT JSONCompactEachRow SETTINGS use_hive_partitioning = 1,"
            " output_format_json_quote_64bit_integers = 0"
        )
        rows, total = msgspec.json.decode(answer)
        return Answer(rows, total, self._got() - before)

    def _got(self) -> int:
        sql = "SELECT sum(value) FROM system.events WHERE event = 'ReadBufferFromS3Bytes'"
        return int(self._server.query(sql).strip())


def _where(cdn: str, date: str, hour: int) -> str:
    questions = [f"cdn = '{cdn}'"] if cdn else []
    if date:
        questions += [f"date = '{date}'", f"hour = {hour}"]
    return " AND ".join(questions) or "true"
