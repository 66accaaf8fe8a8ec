"""`headrace status` in a real terminal of 80 columns, and into a file."""

from pathlib import Path

from devstack.place.up_file import RoleAddresses
from devstack.screen.wrapped import broken
from tests.app.commands import headrace, in_terminal, runs_at

_ENDED = RoleAddresses("http://127.0.0.1:1", "http://127.0.0.1:1/metrics", ended=True)
_NAMES = [f"source-{number}-{number * 'o'}f-the-archive" for number in range(20, 40, 5)]


def test_no_line_is_longer_than_the_terminal_and_in_a_pipe_each_stays_one(tmp_path: Path) -> None:
    runs_at(tmp_path, "127.0.0.1:1", "postgresql://u@h/d", sources=dict.fromkeys(_NAMES, _ENDED))

    seen = in_terminal(tmp_path, 80, "status")
    piped = headrace(tmp_path, "status").stdout

    assert max(map(len, seen)) <= 80
    assert "          it has read all" in seen
    for name in _NAMES:
        assert f"\nway in    {name}: has ended: it has read all\n" in piped
        assert f"{name}: has ended: it has read all" in " ".join(" ".join(seen).split())


def test_a_number_is_not_parted_from_its_unit() -> None:
    line = "sink      stored 1,234/s, fresh p99 1.07 s, last write 10 s ago"

    assert broken(line, 36).splitlines() == [
        "sink      stored 1,234/s, fresh",
        "          p99 1.07 s, last write",
        "          10 s ago",
    ]


def test_the_rest_of_a_line_stands_where_it_is_told_to() -> None:
    assert broken("one two three", 8, 4).splitlines() == ["one two", "    three"]
