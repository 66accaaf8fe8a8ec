"""The report says what the truth holds, in the words of its readers."""

from pathlib import Path

import msgspec

from generator.records import Outcome, Row
from generator.report import report, write
from generator.truth import Truth


def test_a_report_is_readable_json_with_windows_by_minute_and_cdn(tmp_path: Path) -> None:
    truth = Truth()
    outcomes: list[Outcome] = [Row(29_922_365, "akamai", 7922, 25_000)] * 2
    truth.add([*outcomes, "malformed"])
    path = tmp_path / "produced.json"

    write(path, report(truth, done=True, events_per_second=3.04))

    assert msgspec.json.decode(path.read_bytes()) == {
        "done": True,
        "produced": 3,
        "rows": 2,
        "dead_letters": {"malformed": 1},
        "windows": {"2026-11-22T10:05:00Z|akamai": [2, 50_000]},
        "events_per_second": 3.0,
    }


def test_only_the_report_itself_is_left_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "produced.json"

    for _ in range(3):
        write(path, report(Truth(), done=False, events_per_second=0))

    assert list(tmp_path.iterdir()) == [path]
