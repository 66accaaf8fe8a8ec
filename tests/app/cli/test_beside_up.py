"""Commands that need a database find that of the `headrace up` that runs here, and say so."""

from pathlib import Path

import pytest

from tests.app.commands import headrace, in_terminal, runs_at

_TODAY = ("recompute", "traffic_by_cdn", "--from", "2026-11-22T08:30Z", "--to", "2026-11-22T09:30Z")


@pytest.mark.parametrize("command", [("storage",), ("migrate",), _TODAY], ids=lambda it: it[0])
def test_no_address_has_to_be_copied(
    tmp_path: Path, database: str, command: tuple[str, ...]
) -> None:
    runs_at(tmp_path, "127.0.0.1:7001", database)

    done = headrace(tmp_path, *command)

    assert done.returncode == 0, done.stderr
    assert f"uses the running headrace up in {tmp_path}: 127.0.0.1:7001" in done.stderr


def test_an_address_that_is_named_goes_before(tmp_path: Path, database: str) -> None:
    runs_at(tmp_path, "127.0.0.1:7001", database)

    done = headrace(tmp_path, "storage", HEADRACE_DATABASE="postgresql://u@127.0.0.1:1/d")

    assert done.returncode == 2
    assert "HEADRACE_DATABASE" in done.stderr


def test_a_recompute_without_a_database_tells_of_nothing_that_it_did(tmp_path: Path) -> None:
    done = headrace(tmp_path, *_TODAY, HEADRACE_DATABASE="postgresql://u@127.0.0.1:1/d")

    assert done.returncode == 2
    assert "rebuilt" not in done.stderr + done.stdout


def test_tables_have_their_whole_names_in_a_narrow_terminal(tmp_path: Path, database: str) -> None:
    runs_at(tmp_path, "127.0.0.1:7001", database)

    _, *narrow = in_terminal(tmp_path, 80, "storage")  # without the line that tells its home
    wide = in_terminal(tmp_path, 140, "storage")

    assert max(map(len, narrow)) <= 80
    assert "quality_by_cdn_and_asn_windows" in narrow
    assert any(line.startswith("quality_by_cdn_and_asn_windows  ") for line in wide)
