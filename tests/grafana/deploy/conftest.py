"""The command against a Grafana that is pretended: no package registry has a real one."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from tests.grafana.deploy.server import TOKEN, GrafanaServer, serve

PASSWORD = "kept quite $ecret"  # noqa: S105 - known to this test only
ENVIRONMENT = {
    "HEADRACE_GRAFANA_TOKEN": TOKEN,
    "HEADRACE_POSTGRES_URL": "db.example.org:5432",
    "HEADRACE_READER_PASSWORD": PASSWORD,
    "HEADRACE_PROMETHEUS_URL": "http://prometheus.example.org:9090",
    "HEADRACE_POSTGRES_DATABASE": None,
    "HEADRACE_POSTGRES_SSLMODE": None,
    "HEADRACE_CLICKHOUSE_HOST": None,
    "HEADRACE_DOCS_URL": None,
}
Deploy = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[GrafanaServer]:
    server = GrafanaServer()
    with serve(server.application()) as server.url:
        yield server


@pytest.fixture
def deploy(server: GrafanaServer) -> Deploy:
    """Run `headrace grafana deploy`; whatever happens, no secret is in what it prints."""

    def run(*options: str, **environment: str | None) -> Result:
        known = {**ENVIRONMENT, "HEADRACE_GRAFANA_URL": server.url, **environment}
        done = CliRunner().invoke(main, ["grafana", "deploy", *options], env=known)
        for secret in (PASSWORD, TOKEN, "glsa_another"):
            assert secret not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run
