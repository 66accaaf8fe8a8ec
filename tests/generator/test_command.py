"""What `headrace generate` is asked for, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.generate import generate
from devstack.engines import Kafka


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("--streams", "page_views"), "no stream 'page_views'", id="no such stream"),
        pytest.param(("--users", "0"), "--users", id="nobody"),
        pytest.param(("--profile", "weekly"), "'weekly' is not one of", id="no such profile"),
        pytest.param(("--bad", "0.95"), "fractions", id="no room for good ones"),
    ],
)
def test_what_cannot_be_is_a_usage_error(arguments: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(generate, arguments)

    assert result.exit_code == 2
    assert told in result.output


def test_a_place_whose_streams_are_all_its_own_has_nothing_to_simulate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADRACE_STREAMS", "one_of_my_own")

    result = CliRunner().invoke(generate)

    assert result.exit_code == 2
    assert "none of HEADRACE_STREAMS is simulated" in result.output


@pytest.mark.parametrize(
    ("wanted", "streams"),
    [
        pytest.param(
            "", ["content_sessions", "media_events", "user_activity", "purchases", "market_ticks"]
        ),
        pytest.param("market_ticks,purchases,one_of_my_own", ["market_ticks", "purchases"]),
    ],
)
def test_the_streams_of_a_place_are_produced_and_reported(
    kafka: Kafka,
    topic_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    wanted: str,
    streams: list[str],
) -> None:
    monkeypatch.setenv("HEADRACE_BROKER", kafka.address)
    monkeypatch.setenv("HEADRACE_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("HEADRACE_STREAMS", wanted)
    path = tmp_path / "produced.json"
    arguments = ("--events-per-second", "max", "--events", "3000", "--report", str(path))

    result = CliRunner().invoke(generate, arguments)

    assert result.exit_code == 0
    report = json.loads(path.read_bytes())
    assert report["done"]
    assert report["produced"] == 3_000
    assert list(report["streams"]) == streams
    assert all(one["windows"] for one in report["streams"].values())


def test_the_past_is_filled_first_and_reported_as_produced(
    kafka: Kafka, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_BROKER", kafka.address)
    monkeypatch.setenv("HEADRACE_TOPIC_PREFIX", topic_prefix)
    path = tmp_path / "produced.json"
    arguments = ("--history", "0.05d", "--events", "500", "--report", str(path))

    first = CliRunner().invoke(generate, arguments)
    produced = json.loads(path.read_bytes())["produced"]
    second = CliRunner().invoke(generate, arguments)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert produced == pytest.approx(500 + 6 * 0.05 * 86_400, rel=0.4)
    assert json.loads(path.read_bytes())["produced"] == 500
