"""Wrong settings are told all at once, by their variables, without what stands in them."""

import pytest

from app.errors import warn_of_unknown_variables
from config.environment import EnvironmentSettings, SettingsError, variables
from config.settings import Settings
from config.streams import StreamsError, chosen_streams
from generator.settings import Settings as GeneratorSettings

SECRET = "hush-9f3a"  # noqa: S105 - nobody's

WRONG = {
    "HEADRACE_BROKER": f"kafka://bob:{SECRET}@h:9092",
    "HEADRACE_DATABASE": f"postgresql+psycopg://bob:{SECRET}@h/d",
    "HEADRACE_ROLE": f"{SECRET}!",
    "HEADRACE_WEB_PORT": SECRET,
    "HEADRACE_WINDOW_SECONDS": f'{{"{SECRET}": 0}}',
    "HEADRACE_FLUSH_INTERVAL_SECONDS": "-1",
    "HEADRACE_TOPIC_PREFIX": f"{SECRET}/",
}


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as error:
        Settings()

    first, *lines = str(error.value).splitlines()
    assert first == f"{len(WRONG)} settings are wrong:"
    assert {line.split(":")[0].strip() for line in lines} == set(WRONG)
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("settings", [Settings, GeneratorSettings])
def test_an_empty_variable_counts_as_not_set(
    settings: type[EnvironmentSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables(settings):
        monkeypatch.setenv(name, "")

    assert settings().model_fields_set == set()


def test_pages_of_sinks_are_names_with_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_SINK_PAGES", "lake=http://lake:6066/, lines=https://lines")

    assert Settings().sink_pages == {"lake": "http://lake:6066", "lines": "https://lines"}

    monkeypatch.setenv("HEADRACE_SINK_PAGES", f"lake={SECRET}")
    with pytest.raises(SettingsError, match="HEADRACE_SINK_PAGES: expected NAME=http") as error:
        Settings()
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("value", ["[1]", '{"traffic_by_cdn": "soon"}', "{"])
def test_windows_that_are_no_json_object_of_seconds_are_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HEADRACE_WINDOW_SECONDS", value)

    with pytest.raises(SettingsError, match=r"^HEADRACE_WINDOW_SECONDS: "):
        Settings()


def test_the_generator_tells_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_BROKER", f"{SECRET}:x")
    monkeypatch.setenv("HEADRACE_GENERATOR_STREAMS", SECRET)

    with pytest.raises(SettingsError) as error:
        GeneratorSettings()

    assert "HEADRACE_BROKER: expected host:port" in str(error.value)
    assert "HEADRACE_GENERATOR_STREAMS: expected names" in str(error.value)
    assert SECRET not in str(error.value)


def test_brokers_may_be_written_as_fausts_users_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_BROKER", "kafka://one:9092,two")

    assert Settings().broker == GeneratorSettings().broker == "one:9092,two:9092"


def test_names_that_do_not_exist_are_told_by_their_places_with_the_nearest_that_do() -> None:
    settings = Settings(
        streams=("purchases", "purchase"), quiet_streams=(SECRET,), window_seconds={SECRET: 5}
    )

    with pytest.raises(StreamsError) as error:
        chosen_streams(settings)

    told = str(error.value)
    assert "HEADRACE_STREAMS: no stream by the name at place 2 of 2" in told
    assert "did you mean purchases?" in told
    assert "HEADRACE_QUIET_STREAMS: no stream by the name at place 1 of 1" in told
    assert "HEADRACE_WINDOW_SECONDS: no window by the name at place 1 of 1" in told
    assert SECRET not in told


def test_variables_that_nobody_reads_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    environment = {
        "HEADRACE_DATABSE": SECRET,
        "HEADRACE_ZZZ": SECRET,
        "HEADRACE_GENERATOR_SEED": "1",
        "headrace_broker": "h:1",
        "HEADRACE_GRAFANA_TOKEN": SECRET,
        "PATH": "",
    }

    warn_of_unknown_variables(environment)

    assert capsys.readouterr().err.splitlines() == [
        "Warning: HEADRACE_DATABSE is no setting, and is not read: did you mean HEADRACE_DATABASE?",
        "Warning: HEADRACE_ZZZ is no setting, and is not read: docs/reference/settings.md",
    ]
