"""Whatever goes wrong, the command says what to do, and never the token."""

import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.grafana.deploy.conftest import Deploy
from tests.grafana.deploy.server import GrafanaServer, serve

PROVISIONING = "/api/v1/provisioning"


def test_a_wrong_token(server: GrafanaServer, deploy: Deploy) -> None:
    done = deploy("--token", "glsa_another")

    assert done.exit_code == 1
    assert "does not accept the token (401)" in done.output
    assert "Service accounts, with the role Admin" in done.output
    assert server.writes == []


@pytest.mark.parametrize(
    ("call", "what", "permission"),
    [
        (("GET", "/api/folders"), "read the folder headrace", "folders:read"),
        (("POST", "/api/folders"), "create the folder headrace", "folders:create"),
        (("GET", "/api/datasources"), "read the data source headrace-", "datasources:read"),
        (("POST", "/api/datasources"), "create the data source headrace-", "datasources:create"),
        (("POST", "/api/dashboards"), "create the dashboard headrace-", "dashboards:create"),
        (("GET", PROVISIONING), "read the alert rule headrace-", "alert.provisioning:read"),
        (("POST", PROVISIONING), "create the alert rule headrace-", "alert.provisioning:write"),
    ],
)
def test_a_right_that_the_token_has_not(
    server: GrafanaServer, deploy: Deploy, call: tuple[str, str], what: str, permission: str
) -> None:
    server.denied = [(*call, "as-grafana-calls-it")]

    done = deploy()

    assert done.exit_code == 1
    assert f"does not let this token {what}" in done.output
    assert "Permissions needed: as-grafana-calls-it)" in done.output
    assert f"the permission {permission}" in done.output


def test_the_right_to_change(server: GrafanaServer, deploy: Deploy) -> None:
    deploy()
    server.grafana.data_sources["headrace-postgres"]["url"] = "elsewhere"
    server.denied = [("PUT", "/api/datasources", "x")]

    assert "the permission datasources:write" in deploy().output


def test_a_grafana_without_the_calls_for_rules(deploy: Deploy) -> None:
    old = GrafanaServer()
    application = old.application()
    router = web.Application()
    for route in application.router.routes():
        if route.resource and "provisioning" not in route.resource.canonical:
            router.router.add_route(route.method, route.resource.canonical, route.handler)
    with serve(router) as url:
        done = deploy(HEADRACE_GRAFANA_URL=url)

    assert done.exit_code == 1
    assert "alert rules need Grafana 9.4 or newer" in done.output


def test_nobody_answers(deploy: Deploy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    done = deploy(HEADRACE_GRAFANA_URL=url)

    assert done.exit_code == 1
    assert f"Nothing answers at {url}" in done.output
    assert "Connection refused" in done.output


def test_no_encryption_where_it_is_expected(server: GrafanaServer, deploy: Deploy) -> None:
    done = deploy("--url", server.url.replace("http:", "https:"))

    assert done.exit_code == 1
    assert "is it http:// and not https://?" in done.output


def test_a_certificate_that_nobody_trusts(
    server: GrafanaServer, deploy: Deploy, tmp_path: Path
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl, to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out"]
    subprocess.run([openssl, *made, str(certificate)], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with serve(server.application(), tls) as url:
        done = deploy("--url", url)
        trusted = deploy("--url", url, REQUESTS_CA_BUNDLE=str(certificate))

    assert done.exit_code == 1
    assert "the certificate is not trusted" in done.output
    assert "REQUESTS_CA_BUNDLE" in done.output
    assert trusted.exit_code == 0


def test_something_else_answers(deploy: Deploy) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>Log in", content_type="application/json")

    application = web.Application()
    application.router.add_get("/{any:.*}", page)
    with serve(application) as url:
        done = deploy(HEADRACE_GRAFANA_URL=url)

    assert done.exit_code == 1
    assert "not as Grafana's API does" in done.output


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("grafana.example.org", "expected http://host:port"),
        ("http://host:port", "expected http://host:port"),
        ("http://admin:hidden@host", "only the address"),
    ],
)
def test_an_address_that_is_none(deploy: Deploy, url: str, complaint: str) -> None:
    done = deploy("--url", url)

    assert done.exit_code == 2
    assert complaint in done.output
    assert "hidden" not in done.output


def test_a_token_with_a_line_break(deploy: Deploy) -> None:
    done = deploy("--token", "glsa_half\nglsa_other")

    assert done.exit_code == 2
    assert "is there a line break in it?" in done.output
    assert "glsa_" not in done.output


def test_a_missing_extra_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['grafana_client'] = None; from app.cli.main import main;"
        "main(['grafana', 'deploy', '--url', 'http://localhost', '--token', 'x'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "-e '.[grafana]'" in done.stderr
    assert "Traceback" not in done.stderr
