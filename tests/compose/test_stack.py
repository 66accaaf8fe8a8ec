"""Rules that every service of docker-compose.yml keeps."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tests.compose.resolving import OURS, ROOT, by_docker_compose

_ONE_SHOT = {"migrate", "migrate-clickhouse"}
_FOLDERS = {"/etc/prometheus", "/etc/headrace/dashboards"}
Services = dict[str, dict[str, Any]]


def test_every_image_has_a_version(services: Services) -> None:
    for service in services.values():
        name, tag = service["image"].split(":")

        assert name
        assert re.search(r"\d+\.\d+\.\d+|\d{4}-\d{2}-\d{2}", tag), service["image"]


def test_our_image_has_the_projects_version(services: Services) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {services[name]["image"] for name in OURS} == {f"headrace:{project['version']}"}


def test_every_port_is_on_loopback(services: Services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert len(ports) >= 4
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_ours_have_no_fixed_port_name_or_address_and_so_can_be_scaled(services: Services) -> None:
    for name in OURS - {"edge"}:  # several edges need somebody before them
        assert not {"ports", "container_name", "hostname", "networks"} & set(services[name])


def test_every_service_is_checked_and_started_again(services: Services) -> None:
    for name, service in services.items():
        if name in _ONE_SHOT:
            assert service["healthcheck"]["test"] == ["NONE"]
            assert service["restart"].startswith("on-failure")
        else:
            assert service["healthcheck"]["test"][0] == "CMD"
            assert service["restart"] == "unless-stopped"


def test_order_is_by_health_and_by_completion(services: Services) -> None:
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            ready = "service_completed_successfully" if name in _ONE_SHOT else "service_healthy"
            assert wanted["condition"] == ready

    assert set(services["worker"]["depends_on"]) == {"kafka", "timescaledb", "migrate"}
    assert set(services["generator"]["depends_on"]) == {"kafka"}
    assert set(services["sink-parquet"]["depends_on"]) == {"kafka"}  # nobody else's database
    assert "migrate" in services["grafana"]["depends_on"]  # its password is set there


def test_every_mounted_path_is_there_and_of_the_right_kind(place: Path) -> None:
    for choice in ("off", "on"):
        (place / ".env").write_text(f"GRAFANA_CLICKHOUSE={choice}\n", encoding="utf-8")
        mounts = [
            mount.split(":")
            for service in by_docker_compose(place)["services"].values()
            for mount in service.get("volumes", [])
            if mount.startswith("/")
        ]

        assert len(mounts) >= 5
        for source, target, mode in mounts:
            if target == "/var/lib/headrace/events":
                assert mode == "ro"  # whoever has events makes it
                continue
            path = ROOT / Path(source).relative_to(place)
            is_file = target.endswith((".yaml", ".yml"))
            assert path.is_file() if is_file else path.is_dir(), path
            assert mode == "ro"


def test_every_named_volume_is_used_once(place: Path) -> None:
    stack = by_docker_compose(place)
    used = [
        mount.split(":")[0]
        for service in stack["services"].values()
        for mount in service.get("volumes", [])
        if not mount.startswith("/")
    ]

    assert sorted(used) == sorted(stack["volumes"])


def test_secrets_come_from_the_environment() -> None:
    stack = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    secrets = {
        name: value
        for service in stack["services"].values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|TOKEN|KEY", name)
    }

    assert len(secrets) >= 5
    assert {n: v for n, v in secrets.items() if not re.fullmatch(r"\$\{\w+:-[^}]*\}", v)} == {}
    assert not re.search(r"//\w+:[^@/\s]*@", str(stack))  # an address with a password in it
