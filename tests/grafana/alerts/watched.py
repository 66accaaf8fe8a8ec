"""A worker, one of a further sink, a source, an edge, a generator, and Prometheus as of compose."""

import asyncio
import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog
from grafana.paths import RULES
from tests.grafana.alerts.clients import Clients
from tests.integration.worker import worker_process

_PATIENCE_SECONDS = 60
_ANSWER_SECONDS = 10
_STREAMS = 5
QUIET = "purchases"
"""The stream that may be silent."""
SINK = "lines"
"""The further sink, of all streams."""
SOURCE = "files"
_DOCUMENT = """
sinks: {{lines: {{kind: file, path: '{folder}/lines', flush_seconds: 0.5}}}}
sources: {{files: {{kind: file, stream: purchases, path: '{folder}/way-in.jsonl'}}}}
"""


def prometheus_program() -> str:
    """Give the path of the program, or skip, or fail in CI."""
    program = shutil.which("prometheus")
    if program is None:
        if os.environ.get("CI") == "true":
            raise RuntimeError("prometheus is not here: apt install prometheus")
        pytest.skip("prometheus is not here: apt install prometheus")
    return program


class Watched:
    """What runs. `name` is the database's, and makes topics and group its own."""

    def __init__(self, name: str, broker: str, dsn: str, folder: Path, watchdog: Watchdog) -> None:
        program = prometheus_program()
        generator, prometheus, edge = free_port(), free_port(), free_port()
        settings = {
            "HEADRACE_BROKER": broker,
            "HEADRACE_DATABASE": dsn,
            "HEADRACE_TOPIC_PREFIX": f"{name}-",
            "HEADRACE_TOPIC_PARTITIONS": "1",
            "HEADRACE_APP_ID": name,
            "HEADRACE_HOME": str(folder),
            "HEADRACE_QUIET_STREAMS": QUIET,
            "HEADRACE_DATABASE_BYTES_ALLOWED": str(10**12),
        }
        self.dsn = dsn
        self._port = prometheus

        def child(what: str, *command: str) -> Child:
            return Child(
                f"{name}-{what}",
                command,
                folder / f"{what}.log",
                environment=settings,
                watchdog=watchdog,
            )

        self.worker = worker_process(f"{name}-worker", folder, settings, watchdog)
        document = folder / "headrace.yaml"
        document.write_text(_DOCUMENT.format(folder=folder), encoding="utf-8")
        settings["HEADRACE_CONFIG"] = str(document)
        of_sink = {"HEADRACE_ROLE": SINK}
        self.sink = worker_process(f"{name}-sink", folder, settings | of_sink, watchdog)
        settings |= {
            "HEADRACE_EDGE_PORT": str(free_port()),
            "HEADRACE_EDGE_METRICS_PORT": str(edge),
            "HEADRACE_WEB_PORT": str(free_port()),
            "HEADRACE_METRICS_PORT": str(free_port()),
        }
        app = (sys.executable, "-m", "app")
        self.edge = child("edge", *app, "edge")
        self.source = child("source", *app, "worker", "--role", f"source-{SOURCE}")
        self.clients = Clients(settings["HEADRACE_EDGE_PORT"], folder / "way-in.jsonl")
        generate = ("-m", "app", "generate", "--events-per-second", "300", "--bad", "0.005")
        self.generator = child(
            "generator", sys.executable, *generate, "--metrics-port", str(generator)
        )
        config = folder / "prometheus.yml"
        config.write_text(
            _config(
                {
                    "headrace-worker": self.worker.metrics_port,
                    "headrace-sink": self.sink.metrics_port,
                    "headrace-generator": generator,
                    "headrace-edge": edge,
                    "headrace-source": int(settings["HEADRACE_METRICS_PORT"]),
                }
            ),
            encoding="utf-8",
        )
        self.prometheus = child(
            "prometheus",
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        )

    async def start(self) -> None:
        """Start the worker first, so that there is no backlog; CDNs can carry what is generated."""
        connection = await asyncpg.connect(self.dsn)
        await connection.execute("UPDATE cdn_capacity SET max_capacity_mbps = 10000")
        await connection.close()
        self.prometheus.start()
        self.worker.start()
        self.sink.start()
        self.edge.start()
        self.source.start()
        self.generator.start()
        self.clients.start()

    def kill(self) -> None:
        self.clients.stop()
        ours = (self.generator, self.edge, self.source, self.worker.child, self.sink.child)
        for child in (*ours, self.prometheus):
            child.kill()

    async def wait_until_it_stores(self) -> None:
        """Wait until each stream has rows, and Prometheus two samples of them."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        ways_in = "rate({__name__=~'headrace_(edge_events|source_records)_total'}[1m]) > 0"
        stored = "rate(headrace_rows_stored_total[1m]) > 0"
        while len(self.result(stored)) < 2 * _STREAMS or len(self.result(ways_in)) < 2:
            ours = (self.worker.child, self.sink.child, self.edge, self.source)
            assert time.monotonic() < deadline, "\n".join(child.tail(10) for child in ours)
            await asyncio.sleep(0.5)

    def result(self, promql: str, at: float | None = None) -> list[Any]:
        """Ask Prometheus: what it gives now or `at` a time, in seconds since 1970.

        Nothing while it starts. Raises on a bad query.
        """
        when = {} if at is None else {"time": str(at)}
        query = urllib.parse.urlencode({"query": promql, **when})
        try:
            return list(self._get(f"/api/v1/query?{query}")["result"])
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return []
            raise AssertionError(f"{promql}\n{error.read().decode()}") from None
        except urllib.error.URLError:
            return []

    def alerts(self) -> dict[tuple[str, str], str]:
        """Give the state, `pending` or `firing`, of each alert by its name and stream."""
        return {
            (alert["labels"]["alertname"], alert["labels"].get("stream", "")): alert["state"]
            for alert in self._get("/api/v1/alerts")["alerts"]
        }

    def unhealthy_rules(self) -> list[str]:
        groups = self._get("/api/v1/rules")["groups"]
        return [
            f"{rule['name']}: {rule['lastError']}"
            for group in groups
            for rule in group["rules"]
            if rule["health"] == "err"
        ]

    async def connect(self) -> asyncpg.Connection:
        """Connect as Grafana's role."""
        connection = await asyncpg.connect(self.dsn)
        await connection.execute("SET ROLE headrace_reader")
        return connection

    def _get(self, path: str) -> Any:
        address = f"http://127.0.0.1:{self._port}{path}"
        with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
            return json.load(answer)["data"]


def _config(ports: dict[str, int]) -> str:
    """Take compose's configuration; only where the targets are is another thing here."""
    config = yaml.safe_load(RULES.with_name("prometheus.yml").read_text(encoding="utf-8"))
    config["rule_files"] = [str(RULES)]
    config["scrape_configs"] = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for job in config["scrape_configs"]
        if (port := ports.get(job["job_name"]))
    ]
    assert len(config["scrape_configs"]) == len(ports)
    return str(yaml.safe_dump(config))
