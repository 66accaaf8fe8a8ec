"""A file of keys that is changed while an edge runs, whatever it holds then."""

from pathlib import Path

import pytest

from edge.keys import KeyRing, KeysError, hash_of, parse

KEYS = f"keys: [{{name: a, sha256: {hash_of('secret')}}}]"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("keys: [", id="no YAML"),
        pytest.param("[" * 5_000, id="nested deeply"),
        pytest.param("keys: 2024-99-99", id="a date that is none"),
        pytest.param("keys: !!int x", id="a number that is none"),
        pytest.param("", id="empty"),
        pytest.param("- 1", id="a list"),
    ],
)
def test_rubbish_is_told_and_changes_nothing(tmp_path: Path, written: str) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    ring = KeyRing("", file)
    ring.load()

    with pytest.raises(KeysError):
        parse(written, "the file")
    file.write_text(written)
    ring.refresh()

    assert ring.find("secret") is not None


def test_a_file_whose_mode_alone_changed_is_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    ring = KeyRing("", file)
    ring.load()

    file.chmod(0o600)  # as where the edge could not read it before
    ring.refresh()

    assert "read again" in caplog.text


def test_a_file_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text(KEYS)
    ring = KeyRing("", file)
    ring.load()

    file.unlink()
    ring.refresh()

    assert ring.find("secret") is not None
