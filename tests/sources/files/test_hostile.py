"""Files that are not what they seem: several names of one, damaged pages, values beyond Python.

Found by review; each of these doubled records or ended the source with a traceback, ever again.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.base import SourceRefused
from tests.sources.files.drained import Drained

_LINE = b'{"session_id":"s","n":1}'


def _symbolic(folder: Path) -> str:
    (folder / "current.jsonl").symlink_to("zz.jsonl")
    return "*.jsonl"


def _hard(folder: Path) -> str:
    os.link(folder / "zz.jsonl", folder / "other.jsonl")
    return "*"


def _loop(folder: Path) -> str:
    (folder / "again").symlink_to(".")
    return "**/*.jsonl"


def _two_loops(folder: Path) -> str:
    (folder / "below").mkdir()
    for where in (folder, folder / "below"):
        (where / "again").symlink_to(folder)
        (where / "once-more").symlink_to(folder / "below")
        (where / "itself").symlink_to("itself")
    return "**/*.jsonl"


@pytest.mark.parametrize("link", [_symbolic, _hard, _loop, _two_loops])
async def test_a_file_of_several_names_is_read_once(
    tmp_path: Path, link: Callable[[Path], str]
) -> None:
    (tmp_path / "zz.jsonl").write_bytes(_LINE + b"\n")
    drained = Drained(tmp_path / link(tmp_path))

    await drained.settled()
    with (tmp_path / "zz.jsonl").open("ab") as file:
        file.write(_LINE + b"\n")

    assert (await drained.settled()).values == [_LINE, _LINE]


async def test_what_stands_behind_a_link_is_read_and_hidden_folders_are_not(tmp_path: Path) -> None:
    for name in ("in/a/b", "in/.hidden", "elsewhere/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.jsonl").write_bytes(b'{"n":"%b"}\n' % name.encode())
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")

    for pattern in ("in/**/*.jsonl", "in/**", "in/*/*/x.*", "in/**/[bc]/**/x.jsonl"):
        drained = await Drained(tmp_path / pattern).settled()
        assert sorted(drained.values) == [b'{"n":"elsewhere/c"}', b'{"n":"in/a/b"}'], pattern
        assert not drained.stats.refused


@pytest.mark.parametrize("pattern", ["", "**/*.jsonl"], ids=["folder", "pattern"])
async def test_a_folder_that_cannot_be_looked_into_is_told_once_and_the_others_are_read(
    tmp_path: Path, pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.jsonl").write_bytes(_LINE + b"\n")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # deeper than a path may be long, which holds up root too
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    drained = Drained(tmp_path / pattern)

    assert (await drained.settled()).values == [_LINE]

    assert drained.stats.refused == {"unreadable folder": 1}
    assert caplog.text.count("File name too long; what is in it is not read") == 1


def _values(values: Any) -> Callable[[Path], None]:
    return lambda file: pq.write_table(pa.table({"x": values}), file)


def _damaged(file: Path) -> None:
    pq.write_table(pa.table({"x": [f"{n * 7919 % 10_007}" for n in range(5_000)]}), file)
    held = bytearray(file.read_bytes())
    held[2_000:6_000] = bytes(one ^ 0x5A for one in held[2_000:6_000])
    file.write_bytes(held)


_NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b'\xff"q')]
)


@pytest.mark.parametrize(
    "make",
    [
        _damaged,
        _values(pa.array([{"t": 1}], pa.struct([("t", pa.timestamp("ns"))]))),
        _values(pa.array([[2**62]], pa.list_(pa.timestamp("us")))),
        _values(_NOT_UTF8),
    ],
    ids=["damaged", "nanoseconds", "no such year", "not UTF-8"],
)
async def test_a_file_of_parquet_that_cannot_be_read_is_told_and_the_others_are_read(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "a.parquet")
    (tmp_path / "b.jsonl").write_bytes(_LINE + b"\n")
    drained = Drained(tmp_path)

    with pytest.raises(SourceRefused, match=r"a\.parquet: .*damaged"):
        await drained.all()

    assert drained.values[-1:] == [_LINE]
    assert drained.stats.refused == {"unreadable file": 1}


@pytest.mark.parametrize(
    "name", ["{}" * 110, "\u4e8b{}" + "\u4ef6" * 70], ids=["long", "not ASCII"]
)
async def test_more_files_than_a_record_of_kafka_holds_are_refused_before_they_are_read(
    tmp_path: Path, name: str
) -> None:
    for number in range(8_000):
        (tmp_path / name.replace("{}", f"{number:04}", 1).replace("{}", "no")).touch()
    drained = Drained(tmp_path)

    with pytest.raises(SourceRefused, match="too many to keep in mind"):
        await drained.all()

    assert not drained.resume


async def test_names_write_no_lines_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a\n12:00 ERROR all is lost\x1b[31m.gz", "b\udcff.gz"):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08")

    with pytest.raises(SourceRefused) as refused:
        await Drained(tmp_path).all()

    for told in (str(refused.value), *caplog.messages):
        assert told.isprintable()
    assert r"a\n12:00 ERROR all is lost\x1b[31m.gz: cut off" in caplog.text
    assert r"b\udcff.gz: cut off" in caplog.text
