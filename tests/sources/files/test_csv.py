"""CSV: a header, types by the contract, quotes with line ends in them, rows that fit nothing."""

import gzip
import json
from pathlib import Path

import pytest

from models.market_ticks import MARKET_TICKS
from models.media_events import MEDIA_EVENTS
from sources.base import SourceRefused
from tests.sources.files.drained import Drained

_HEADER = b"time,session_id,asn,channel\n"


async def _read(tmp_path: Path, content: bytes, **options: object) -> Drained:
    (tmp_path / "a.csv").write_bytes(content)
    return await Drained(tmp_path, options=options).all()


async def test_values_have_the_types_that_the_contract_says(tmp_path: Path) -> None:
    drained = await _read(
        tmp_path, _HEADER + b"2026-11-25T10:00:00Z,17,3320,news\r\n,a,many,\n", timestamps="now"
    )

    assert [json.loads(value) for value in drained.values] == [
        {"time": "2026-11-25T10:00:00Z", "session_id": "17", "asn": 3320, "channel": "news"},
        {"session_id": "a", "asn": "many"},
    ]
    assert [key for _, key, _ in drained.records] == [b"17", b"a"]


async def test_decimals_stay_exact_and_lists_are_lists(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"sequence,price\n1,0.10\n")
    ticks = await Drained(tmp_path / "a.csv", MARKET_TICKS).all()
    (tmp_path / "b.csv").write_bytes(b'genre,current_timestamp\ndrama|war,1.5\n"[""a"",""b""]",x\n')
    media = await Drained(tmp_path / "b.csv", MEDIA_EVENTS).all()

    assert ticks.values == [b'{"sequence":1,"price":"0.10"}']
    assert media.values == [
        b'{"genre":["drama","war"],"current_timestamp":1.5}',
        b'{"genre":["a","b"],"current_timestamp":"x"}',
    ]


async def test_what_does_not_fit_the_header_goes_on_as_it_is(tmp_path: Path) -> None:
    bad = [b"a,b", b"1,2,3,4,5", b"\xff,b,c,d"]
    drained = await _read(tmp_path, _HEADER + b"\n".join([*bad, b"", b",s,1,c", b""]))

    assert drained.values == [*bad, b'{"session_id":"s","asn":1,"channel":"c"}']


async def test_line_ends_in_quotes_belong_to_the_cell(tmp_path: Path) -> None:
    rows = b"".join(b',s,%d,"one\nand ""two"", three"\n' % number for number in range(30_000))
    (tmp_path / "a.csv").write_bytes(_HEADER + rows)
    drained = Drained(tmp_path)

    while len(drained.records) < 30_000:
        before = len(drained.records)
        await drained.until(lambda before=before: len(drained.records) > before)  # type: ignore[misc] # its default binds it

    found = [json.loads(value) for value in drained.values]
    assert [one["asn"] for one in found] == list(range(30_000))
    assert {one["channel"] for one in found} == {'one\nand "two", three'}


async def test_a_quote_that_is_never_closed_costs_its_line_alone(tmp_path: Path) -> None:
    rows = b"".join(b",s,%d,c\n" % number for number in range(30_000))
    drained = await _read(tmp_path, _HEADER + b',s,-1,"c\n' + rows)

    assert drained.values[0] == b',s,-1,"c'
    assert [json.loads(value)["asn"] for value in drained.values[1:]] == list(range(30_000))


async def test_a_row_that_is_begun_before_a_line_that_is_too_long_is_not_lost(
    tmp_path: Path,
) -> None:
    whole = _HEADER + b',s,1,c\n,s,2,"c\n' + b"x" * 5_000
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(whole))

    drained = await Drained(tmp_path, options={"longest_line_bytes": 2_000}).all()

    assert [value.strip() for value in drained.values[1:]] == [b',s,2,"c']
    assert drained.stats.refused == {"line too long": 1}


async def test_tabs_packed_and_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(b"s\t5\n"))

    drained = await Drained(tmp_path, options={"columns": ("session_id", "asn")}).all()

    assert drained.values == [b'{"session_id":"s","asn":5}']


async def test_a_row_and_a_header_are_taken_when_they_have_their_ends(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    drained = Drained(tmp_path)
    for part in (_HEADER[:9], _HEADER[9:], b",s,12", b"34,c\n"):
        with file.open("ab") as more:
            more.write(part)
        await drained.settled()

    assert drained.values == [b'{"session_id":"s","asn":1234,"channel":"c"}']


@pytest.mark.parametrize("header", [b"a,a\n", b"a,,b\n", b"x" * 100_000 + b"\n", b"\xff\n"])
async def test_what_is_no_header_is_told(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(SourceRefused, match="header"):
        await _read(tmp_path, header + b"1,2\n")
