"""docker-compose 1.29 and Compose v2 accept the file and read the same in it."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.compose.resolving import (
    OURS_ALWAYS,
    PROFILES,
    ROOT,
    by_compose_v2,
    by_docker_compose,
)

_ALWAYS = OURS_ALWAYS | {"kafka", "timescaledb", "prometheus", "grafana"}


@pytest.mark.timeout(300)  # the loader is built
@pytest.mark.parametrize("profiles", [(), *[(one,) for one in PROFILES], tuple(PROFILES)])
def test_both_accept_the_file_with_every_choice_of_profiles(
    loader: Path, place: Path, profiles: tuple[str, ...]
) -> None:
    old = by_docker_compose(place, *profiles)["services"]
    new = by_compose_v2(loader, place, *profiles)["services"]

    assert set(new) == _ALWAYS.union(*(PROFILES[one] for one in profiles))
    assert set(old) == _ALWAYS.union(
        *PROFILES.values()
    )  # its `config` shows services of other profiles too
    for name, service in new.items():
        assert service["image"] == old[name]["image"]
        assert (service.get("environment") or {}) == old[name].get("environment", {})
        assert service["command"] == old[name].get("command")
        assert _conditions(service) == _conditions(old[name])


def _conditions(service: dict[str, Any]) -> dict[str, str]:
    return {name: one["condition"] for name, one in service.get("depends_on", {}).items()}


@pytest.mark.timeout(300)
def test_a_password_with_a_dollar_sign_in_single_quotes_arrives_as_it_is(
    loader: Path, place: Path
) -> None:
    (place / ".env").write_text("HEADRACE_READER_PASSWORD='a$b#c d'\n", encoding="utf-8")

    old = by_docker_compose(place)["services"]["migrate"]["environment"]
    new = by_compose_v2(loader, place)["services"]["migrate"]["environment"]

    assert old["HEADRACE_READER_PASSWORD"].replace("$$", "$") == "a$b#c d"
    assert new["HEADRACE_READER_PASSWORD"] == "a$b#c d"  # noqa: S105 - made up


@pytest.mark.timeout(300)
def test_the_example_with_everything_uncommented_switches_clickhouse_on(
    loader: Path, place: Path
) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    (place / ".env").write_text(re.sub(r"(?m)^#(?=\w+=)", "", example), encoding="utf-8")

    for services in (
        by_docker_compose(place)["services"],
        by_compose_v2(loader, place)["services"],
    ):
        assert "clickhouse" in services
        assert "clickhouse" in services["grafana"]["environment"]["GF_INSTALL_PLUGINS"]
        assert "clickhouse/on.yaml" in str(services["grafana"]["volumes"])


def test_the_example_names_every_variable_with_its_default() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", compose))
    told = dict(re.findall(r"(?m)^#(\w+)=(.*)$", example))
    choices = {"COMPOSE_PROFILES", "GRAFANA_CLICKHOUSE", "GF_INSTALL_PLUGINS"}  # told switched on

    assert set(told) == set(used) | {"COMPOSE_PROFILES"}
    assert {name: told[name] for name in set(used) - choices} == {
        name: used[name] for name in set(used) - choices
    }
