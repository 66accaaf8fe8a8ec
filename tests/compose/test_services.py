"""Our services start with exactly compose's commands and environment; only addresses differ.

The program is the one that the Dockerfile's build stage makes, under the image's init.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from devstack.engines import Kafka, Postgres
from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from generator.streams import SIMULATED
from tests.compose.image import Image
from tests.compose.resolving import ROOT, program
from tests.compose.started import Started

pytestmark = pytest.mark.timeout(300)

Start = Callable[[str], Started]
Services = dict[str, dict[str, Any]]


@pytest.fixture
def server(own_postgres: Postgres) -> Postgres:
    """Make what the database's image makes: an empty database of a superuser of its own."""
    own_postgres.query("CREATE ROLE headrace SUPERUSER LOGIN PASSWORD 'headrace'")
    own_postgres.query("DROP DATABASE headrace")
    own_postgres.query("CREATE DATABASE headrace OWNER headrace")
    return own_postgres


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """Make the folder that compose's volume is."""
    return tmp_path / "parquet"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Make the folder that compose mounts for a source."""
    folder = tmp_path / "events"
    folder.mkdir()
    return folder


@pytest.fixture
def start(
    services: Services,
    server: Postgres,
    own_kafka: Kafka,
    *,
    clickhouse: Clickhouse,
    image: Image,
    parquet: Path,
    events: Path,
    watchdog: Watchdog,
) -> Iterator[Start]:
    """Start services by their names, as often as wanted."""
    program("tini", "Debian's package of that name")
    postgres = urlsplit(server.dsn())
    document = (ROOT / "deploy/sources.yaml").read_text(encoding="utf-8")
    sources = events.with_name("sources.yaml")
    sources.write_text(document.replace("/var/lib/headrace/events", str(events)), encoding="utf-8")
    addresses = {
        "kafka:9092": own_kafka.address,
        "timescaledb:5432": f"{postgres.hostname}:{postgres.port}",
        "clickhouse:8123": clickhouse.url.removeprefix("http://"),
        "/etc/headrace/headrace.yaml": str(ROOT / "deploy/headrace.yaml"),
        "/var/lib/headrace/parquet": str(parquet),
        "/etc/headrace/sources.yaml": str(sources),
    }
    started: list[Started] = []

    def start(name: str) -> Started:
        one = Started(name, services[name], addresses, image, watchdog)
        started.append(one)
        one.child.start()
        return one

    yield start
    for one in started:
        one.child.kill()


def test_migrate_makes_the_tables_gives_the_reader_its_password_and_ends(
    start: Start, server: Postgres
) -> None:
    migrate = start("migrate")

    assert migrate.wait_until_it_ends() == 0, migrate.child.tail(40)
    assert server.query("SELECT count(*) FROM traffic_by_cdn", "headrace").strip() == "0"
    roles = server.query("SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$%'")
    assert "headrace_reader" in roles.split()
    # enough for the 1,000 events/s of service generator
    akamai = "SELECT max_capacity_mbps FROM cdn_capacity WHERE cdn_name = 'Akamai'"
    assert int(server.query(akamai, "headrace")) > 10_000


def test_a_generator_and_two_workers_run_are_healthy_and_end_when_asked(
    start: Start, server: Postgres, image: Image
) -> None:
    assert start("migrate").wait_until_it_ends() == 0

    generator, *workers = [start(name) for name in ("generator", "worker", "worker")]
    for one in (generator, *workers):
        one.wait_until(one.is_healthy, "healthy")
        assert one.is_live()

    for stream in SIMULATED:
        workers[0].wait_until(partial(_stored, server, stream), f"storing {stream}")
    for worker in workers:  # each asks the other, by its host name, for the partitions it has not
        worker.wait_until(partial(_lists_all_partitions, worker), "listing all entries")

    for one in (*workers, generator):
        assert one.child.stop(), f"{one.name} had to be killed:\n{one.child.tail(40)}"
        assert one.child.returncode == 0, one.child.tail(40)
    assert list(image.work.iterdir()) == []  # where the image's user could not write


def test_a_further_sink_runs_beside_them_with_nothing_but_kafka(
    start: Start, parquet: Path
) -> None:
    sink, generator = start("sink-parquet"), start("generator")

    sink.wait_until(sink.is_healthy, "healthy")
    assert sink.is_live()
    generator.wait_until(generator.is_healthy, "healthy")
    sink.wait_until(lambda: list(parquet.rglob("content_sessions/**/*.parquet")), "storing")

    assert sink.metrics().count('role="parquet"') > 20
    for one in (generator, sink):
        assert one.child.stop(), f"{one.name} had to be killed:\n{one.child.tail(40)}"
        assert one.child.returncode == 0, one.child.tail(40)


def test_so_does_one_of_clickhouse_which_makes_its_tables_itself(
    start: Start, clickhouse: Clickhouse
) -> None:
    sink, generator = start("sink-clickhouse"), start("generator")

    sink.wait_until(sink.is_healthy, "healthy")
    rows = "SELECT count() > 0 FROM headrace.market_ticks"
    sink.wait_until(lambda: clickhouse.query(rows).strip() == "1", "storing")

    assert sink.metrics().count('role="clickhouse"') > 20
    for one in (generator, sink):
        assert one.child.stop(), f"{one.name} had to be killed:\n{one.child.tail(40)}"
        assert one.child.returncode == 0, one.child.tail(40)


def test_a_source_reads_its_folder_and_an_edge_takes_events_with_nothing_but_kafka(
    start: Start, events: Path
) -> None:
    (events / "a.jsonl").write_text("no event, but a line\n", encoding="utf-8")
    source, edge = start("source-files"), start("edge")

    for one in (source, edge):
        one.wait_until(one.is_healthy, "healthy")
        assert one.is_live()
    of_it = 'role="source-files",source="files",stream="media_events"'
    read = f"headrace_source_records_total{{{of_it}}} 1.0"
    source.wait_until(lambda: read in source.metrics(), "reading")
    assert 'headrace_ready{role="edge"} 1.0' in edge.metrics()

    for one in (source, edge):
        assert one.child.stop(), f"{one.name} had to be killed:\n{one.child.tail(40)}"
        assert one.child.returncode == 0, one.child.tail(40)


def test_the_sinks_of_compose_are_such_as_the_image_takes(services: Services, image: Image) -> None:
    variables = services["sink-clickhouse"]["environment"]
    here = variables | {"HEADRACE_CONFIG": str(ROOT / "deploy/headrace.yaml")}

    checked = image.run("headrace", "config", "check", **here)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    commands = [services[f"sink-{role}"]["command"] for role in ("parquet", "clickhouse")]
    assert commands == [["worker", "--role", role] for role in ("parquet", "clickhouse")]


def _stored(server: Postgres, stream: str) -> bool:
    return server.query(f"SELECT EXISTS (TABLE {stream})", "headrace").strip() == "t"


def _lists_all_partitions(worker: Started) -> bool:
    entries = worker.page("/table/traffic_by_cdn/")["entries"]
    return {key.rpartition(".")[2] for key in entries} == {"p0", "p1", "p2", "p3"}
