"""Data sources, dashboard provider and Prometheus as compose uses them."""

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from grafana import uids
from tests.compose.resolving import ROOT, by_docker_compose, program

_DATASOURCES = [
    *sorted((ROOT / "grafana/provisioning/datasources").glob("*.yaml")),
    ROOT / "grafana/clickhouse/on.yaml",
]
_PROVIDER = ROOT / "grafana/provisioning/dashboards/headrace.yaml"


def _read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def _sources() -> list[dict[str, Any]]:
    return [source for path in _DATASOURCES for source in _read(path)["datasources"]]


def test_data_sources_have_the_uids_that_dashboards_name() -> None:
    assert {source["uid"] for source in _sources()} == {
        uids.POSTGRES,
        uids.PROMETHEUS,
        uids.CLICKHOUSE,
    }


def test_one_data_source_is_the_default_and_none_is_edited_by_hand() -> None:
    assert [source["uid"] for source in _sources() if source["isDefault"]] == [uids.POSTGRES]
    assert [source for source in _sources() if source["editable"]] == []


def test_postgres_is_read_by_the_read_only_role_with_its_password_kept_secret() -> None:
    (source,) = (source for source in _sources() if source["uid"] == uids.POSTGRES)

    assert source["user"] == "headrace_reader"
    assert source["secureJsonData"] == {"password": "$HEADRACE_READER_PASSWORD"}
    assert source["jsonData"]["timescaledb"] is True
    assert source["jsonData"]["database"] == source["database"]


def test_every_variable_is_given_by_compose_and_written_so_that_grafana_expands_it_once(
    services: dict[str, dict[str, Any]],
) -> None:
    given = services["grafana"]["environment"]
    for path in [*_DATASOURCES, _PROVIDER]:
        values = str(_read(path))
        names = re.findall(r"\$(\w+)", values)

        assert names
        assert "${" not in values
        assert set(names) <= set(given), path


def test_the_dashboard_on_clickhouse_is_read_where_its_data_source_is_there(place: Path) -> None:
    on, off = (_read(ROOT / f"grafana/clickhouse/provider-{it}.yaml") for it in ("on", "off"))
    (provider,) = on["providers"]
    (place / ".env").write_text("GRAFANA_CLICKHOUSE=on\n", encoding="utf-8")
    mounts = by_docker_compose(place)["services"]["grafana"]["volumes"]

    assert off["providers"] == []
    assert provider["folderUid"] == uids.FOLDER
    assert f"{place}/grafana/clickhouse/dashboards:{provider['options']['path']}:ro" in mounts
    assert any("provider-on.yaml:/etc/grafana/provisioning/dashboards/" in it for it in mounts)


def test_grafana_asks_clickhouse_as_the_reader_that_migrate_makes(
    services: dict[str, dict[str, Any]],
) -> None:
    grafana, migrate = (services[name]["environment"] for name in ("grafana", "migrate-clickhouse"))

    assert grafana["HEADRACE_CLICKHOUSE_USER"] == "headrace_reader"
    assert grafana["HEADRACE_CLICKHOUSE_PASSWORD"] == migrate["HEADRACE_READER_PASSWORD"]


def test_clickhouse_off_takes_away_what_on_makes() -> None:
    on = _read(ROOT / "grafana/clickhouse/on.yaml")["datasources"]
    off = _read(ROOT / "grafana/clickhouse/off.yaml")["deleteDatasources"]

    assert [one["name"] for one in off] == [one["name"] for one in on]


def test_dashboards_are_read_from_the_folder_that_compose_mounts(place: Path) -> None:
    grafana = by_docker_compose(place)["services"]["grafana"]
    (provider,) = _read(_PROVIDER)["providers"]
    folder = grafana["environment"]["HEADRACE_GRAFANA_DASHBOARDS"]

    assert provider["folderUid"] == uids.FOLDER
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == "$HEADRACE_GRAFANA_DASHBOARDS"
    assert f"{place}/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / "grafana/dashboards" / home.relative_to(folder)).is_file()


def test_prometheus_scrapes_every_worker_and_generator_on_their_ports(
    services: dict[str, dict[str, Any]],
) -> None:
    jobs = {one["job_name"]: one for one in _read_prometheus()["scrape_configs"]}

    asked = {
        "worker": ("headrace-worker", ["worker"]),
        "generator": ("headrace-generator", ["generator"]),
        **{
            name: ("headrace-sink", ["sink-parquet", "sink-clickhouse"])
            for name in services
            if name.startswith("sink-")
        },
    }
    asked["source-files"] = ("headrace-source", ["source-files"])
    asked["edge"] = ("headrace-edge", ["edge"])
    assert len(asked) == 6
    for service, (job, names) in asked.items():
        (looked_up,) = jobs[job]["dns_sd_configs"]
        environment = services[service]["environment"]
        assert looked_up["names"] == names
        assert looked_up["type"] == "A"
        assert str(looked_up["port"]) == environment["HEADRACE_METRICS_PORT"]
        assert environment["HEADRACE_METRICS_HOST"] == "0.0.0.0"  # noqa: S104 - of a container
    assert "--storage.tsdb.retention.time=60d" in services["prometheus"]["command"]


def test_promtool_accepts_the_configuration_with_its_rules() -> None:
    promtool = program("promtool", "Debian's package prometheus")

    checked = subprocess.run(
        [promtool, "check", "config", "grafana/prometheus/prometheus.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "rules.yml" in checked.stdout
    rules = _read_prometheus()["rule_files"]
    assert all((ROOT / "grafana/prometheus" / name).is_file() for name in rules)


def _read_prometheus() -> dict[str, Any]:
    return _read(ROOT / "grafana/prometheus/prometheus.yml")
