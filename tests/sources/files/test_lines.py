"""Lines: growing, cut, rotated, packed, damaged, too long; nothing is lost and nothing twice."""

import gzip
import json
import logging
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from sources.base import SourceRefused, SourceUnavailable
from sources.files.unpacked import BLOCK_BYTES
from tests.sources.files.drained import Drained


def _line(number: int) -> bytes:
    return b'{"time":"2026-11-25T10:00:00.5Z","session_id":"s%d","n":%d}' % (number % 7, number)


def _lines(begin: int, end: int) -> bytes:
    return b"".join(_line(number) + b"\n" for number in range(begin, end))


def _numbers(drained: Drained) -> list[int]:
    return [json.loads(value)["n"] for value in drained.values]


async def test_the_record_has_the_streams_key_and_the_events_own_time(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(_lines(0, 1))

    drained = await Drained(tmp_path, now=1_795_600_900.0).all()

    assert drained.records == [(_line(0), b"s0", 1_795_600_800_500)]


async def test_no_record_is_ahead_of_the_clock(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(_lines(0, 1))

    drained = await Drained(tmp_path, now=1_000.0).all()

    assert drained.records[0][2] == 1_000_000


async def test_what_is_no_event_goes_on_as_it_is(tmp_path: Path) -> None:
    bad = [b"no json", b"\xff\xfe", b"[1]", b'{"time":5,"session_id":{}}', b"{" * 5_000]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*bad, b"", b"  ", _line(1), b""]))

    drained = await Drained(tmp_path).all()

    assert drained.values == [*bad, _line(1)]
    assert [key for _, key, _ in drained.records] == [None] * 5 + [b"s1"]


async def test_lines_of_windows_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        b"\xef\xbb\xbf" + _line(1) + b"\r\n\r\n" + _line(2) + b"\r\n"
    )

    assert (await Drained(tmp_path).all()).values == [_line(1), _line(2)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress], ids=["plain", "gz", "zst"])
async def test_a_process_that_is_killed_goes_on_at_the_record(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "a").write_bytes(pack(_lines(0, 40_000)))
    (tmp_path / "b").write_bytes(pack(_lines(40_000, 80_000)))
    drained = Drained(tmp_path)

    while len(drained.records) < 80_000:
        before = len(drained.records)
        await drained.until(lambda before=before: len(drained.records) > before)  # type: ignore[misc] # its default binds it

    assert _numbers(await drained.settled()) == list(range(80_000))


async def test_a_last_line_is_taken_when_it_has_its_end(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(_line(0) + b"\n" + _line(1)[:20])
    drained = await Drained(tmp_path, now=0.0).settled()
    assert _numbers(drained) == [0]

    with file.open("ab") as more:
        more.write(_line(1)[20:] + b"\n")

    assert _numbers(await drained.settled()) == [0, 1]


async def test_a_last_line_without_an_end_is_taken_when_its_file_rests(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(_lines(0, 2)[:-1])
    (tmp_path / "half.jsonl").write_bytes(_line(1)[:20])

    rested = await Drained(tmp_path).settled()
    ended = await Drained(tmp_path).all()

    assert _numbers(rested) == [0, 1]  # half a line is left: its writer may be slow
    assert ended.values == [_line(0), _line(1), _line(1)[:20]]


async def test_a_file_that_is_cut_is_read_from_its_beginning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(_lines(0, 10))
    drained = await Drained(tmp_path).settled()

    file.write_bytes(_lines(100, 103))

    assert _numbers(await drained.settled()) == [*range(10), 100, 101, 102]
    assert "was cut" in caplog.text


async def test_a_file_of_the_same_length_and_name_is_told_from_the_one_before(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(_lines(10, 20))
    drained = await Drained(tmp_path).settled()

    file.write_bytes(_lines(20, 30))
    os.utime(file, (1, 1))

    assert _numbers(await drained.settled()) == list(range(10, 30))


async def test_rotated_files_are_read_on_under_their_new_names(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(_lines(0, 10))
    drained = await Drained(tmp_path).settled()
    with log.open("ab") as more:
        more.write(_lines(10, 15))
    log.rename(tmp_path / "app.log.1")
    log.write_bytes(_lines(15, 20))
    await drained.settled()
    (tmp_path / "app.log.1").rename(tmp_path / "app.log.2")
    log.rename(tmp_path / "app.log.1")
    log.write_bytes(_lines(20, 25))

    assert sorted(_numbers(await drained.settled())) == list(range(25))


async def test_files_that_come_while_it_watches_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(_lines(0, 1))
    drained = Drained(tmp_path)

    def more() -> bool:
        if len(drained.records) == 1:
            (tmp_path / "below").mkdir(exist_ok=True)
            (tmp_path / "below" / "a.jsonl").write_bytes(_lines(1, 2))
        return len(drained.records) == 2

    assert _numbers(await drained.until(more)) == [0, 1]


async def test_lines_that_are_too_long_are_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long = b'"' + b"x" * 3 * BLOCK_BYTES + b'"'
    between = b"y" * 5_000
    content = b"\n".join([_line(0), long, _line(1), between, _line(2), long])
    (tmp_path / "a.jsonl").write_bytes(content)

    drained = await Drained(tmp_path, options={"longest_line_bytes": 2_000}).all()

    assert _numbers(drained) == [0, 1, 2]
    assert drained.stats.refused["line too long"] == 3
    assert "a.jsonl, line 2" in caplog.text
    assert "a.jsonl, line 4" in caplog.text


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
async def test_a_line_that_is_too_long_and_still_grows_is_left_out_as_one(
    tmp_path: Path, name: str, *, once: bool
) -> None:
    file = tmp_path / name
    begin, end = (b"n\n", b"1\n") if name == "a.csv" else (b"", _line(1) + b"\n")
    file.write_bytes(begin + b"x" * 5_000)
    drained = Drained(tmp_path, options={"longest_line_bytes": 2_000})

    for more in (b"x" * 5_000, b"x" * 100, b" and so on\n" + end):
        await (drained.all() if once else drained.settled())
        with file.open("ab") as growing:
            growing.write(more)
    await drained.settled()

    assert len(drained.values) == 1
    assert b"1" in drained.values[0]


async def test_a_line_that_grows_is_told_once_by_a_process(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"x" * 5_000)
    drained = Drained(tmp_path, options={"longest_line_bytes": 2_000})

    def more() -> bool:
        with (tmp_path / "a.jsonl").open("ab") as file:
            file.write(b"x")
        return (tmp_path / "a.jsonl").stat().st_size > 5_010

    await drained.until(more)

    assert drained.stats.refused == {"line too long": 1}


@pytest.mark.parametrize("is_packed", [False, True], ids=["100 MB", "gzip"])
async def test_memory_is_bounded_however_long_a_line_is(tmp_path: Path, *, is_packed: bool) -> None:
    name = tmp_path / ("bomb.gz" if is_packed else "a.jsonl")
    with gzip.open(name, "wb", compresslevel=1) if is_packed else name.open("wb") as file:
        for _ in range(100):
            file.write(bytes(BLOCK_BYTES))
        file.write(b"\n" + _lines(0, 1))
    drained = Drained(tmp_path)

    tracemalloc.start()
    try:
        await drained.all()
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert _numbers(drained) == [0]
    assert drained.stats.refused == {"line too long": 1}
    assert most_bytes < 10 * BLOCK_BYTES


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gz", "zst"])
async def test_what_is_damaged_is_read_to_there_and_told(
    tmp_path: Path, pack: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    packed = bytearray(pack(_lines(0, 200_000)))
    packed[len(packed) // 2 : len(packed) // 2 + 100] = bytes(100)
    (tmp_path / "a").write_bytes(packed)
    (tmp_path / "b").write_bytes(_lines(200_000, 200_001))
    drained = Drained(tmp_path)

    with pytest.raises(SourceRefused, match="damaged after"):
        await drained.all()

    assert drained.stats.refused == {"unreadable file": 1}
    assert drained.values[-1] == _line(200_000)
    assert drained.values[:1_000] == [_line(number) for number in range(1_000)]
    assert "damaged after" in caplog.text


async def test_what_is_packed_and_cut_off_is_read_on_when_the_rest_comes(tmp_path: Path) -> None:
    packed = gzip.compress(_lines(0, 50_000))
    file = tmp_path / "a.gz"
    file.write_bytes(packed[:-10_000])
    drained = await Drained(tmp_path, now=0.0).settled()
    assert 0 < len(drained.records) < 50_000

    file.write_bytes(packed)
    await drained.settled()
    with file.open("ab") as more:
        more.write(gzip.compress(_lines(50_000, 50_010)))

    assert _numbers(await drained.settled()) == list(range(50_010))


async def test_a_file_that_may_not_be_read_is_told_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = tmp_path / "a.jsonl"
    denied.write_bytes(_lines(0, 1))
    (tmp_path / "b.jsonl").write_bytes(_lines(1, 2))
    drained = Drained(tmp_path)
    denied.chmod(0)
    if os.access(denied, os.R_OK):  # root may read everything: what it opens is a folder then
        denied.unlink()
        _refuse(denied, monkeypatch)
    await drained.settled()

    assert _numbers(drained) == [1]
    assert "permission denied: let this user read it" in drained.stats.waiting[str(denied)]


def _refuse(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a file as the system refuses it to others than root."""
    path.write_bytes(_lines(0, 1))
    opened = Path.open

    def open_but_one(self: Path, *arguments: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(self, *arguments)  # type: ignore[call-overload] # handed on

    monkeypatch.setattr(Path, "open", open_but_one)


async def test_a_folder_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no such folder"):
        await Drained(tmp_path / "none" / "*.jsonl").settled()
    with pytest.raises(SourceUnavailable, match="not there"):
        await Drained(tmp_path / "none").settled()


async def test_one_file_may_be_named(tmp_path: Path) -> None:
    for name in ("messages", "a.jsonl"):
        (tmp_path / name).write_bytes(_lines(0, 2))
        drained = await Drained(tmp_path / name).settled()
        assert _numbers(await drained.settled()) == [0, 1]


async def test_a_file_that_is_removed_is_not_read_again_when_it_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(_lines(0, 3))
    (folder / "b.jsonl").write_bytes(_lines(3, 4))
    drained = await Drained(folder).settled()
    (folder / "a.jsonl").rename(tmp_path / "a.jsonl")
    await drained.settled()
    (tmp_path / "a.jsonl").rename(folder / "a.jsonl")

    assert _numbers(await drained.settled()) == [0, 1, 2, 3]


async def test_empty_files_and_unfinished_ones_are_passed_over(tmp_path: Path) -> None:
    for name in ("empty.jsonl", ".hidden.jsonl", "a.jsonl.part", "_b.jsonl"):
        (tmp_path / name).write_bytes(b"" if name.startswith("empty") else _lines(0, 1))

    drained = await Drained(tmp_path).all()

    assert not drained.records
    assert drained.stats.progress == "1 of 1 files read, 0 lines or rows"


async def test_progress_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "a.jsonl").write_bytes(_lines(0, 10))
    (tmp_path / "b.jsonl").write_bytes(_lines(10, 15))

    drained = await Drained(tmp_path).all()

    assert drained.stats.progress == "2 of 2 files read, 15 lines or rows"
    assert "0 of 2 files read, 0 lines or rows, 0.0 MB left" in caplog.text


async def test_names_up_to_one_may_be_left_out_and_are_forgotten(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.jsonl").write_bytes(_lines(number, number + 1))

    drained = await Drained(tmp_path, options={"after": "1.jsonl"}).all()

    assert _numbers(drained) == [2, 3]


async def test_more_files_than_can_be_kept_in_mind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(_lines(0, 1))
    drained = Drained(tmp_path)
    await drained.settled()
    known = drained.resume["a.jsonl"]
    drained.resume |= {f"{number:06}.jsonl": known for number in range(12_000)}

    with pytest.raises(SourceRefused, match="say `after: NAME`"):
        await drained.settled()
