"""`python -m tests.edge.fuzz`: schemathesis against a real edge, by the OpenAPI that it shows.

Not in CI: it takes as long as it is told to. `make fuzz` installs schemathesis into an environment
of its own, since it brings another pytest.
"""

import subprocess
import tempfile
from pathlib import Path

import click

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from models.all import STREAMS
from tests.edge.edge_process import edge_process

# What the contracts of our streams, or the rules of CMCD, refuse is more than JSON Schema can say,
# so that a generated event that is right by the schema may rightly be refused
_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,unsupported_method"
)
_LONGER_SECONDS = 300


@click.command()
@click.option("--seconds", type=click.IntRange(10), default=300, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--program", default=".venv/fuzz/bin/st", show_default=True, help="Schemathesis.")
def main(*, seconds: int, seed: int, program: str) -> None:
    """Start a Kafka and an edge, and send it all that its OpenAPI allows and forbids."""
    if not Path(program).exists():
        raise click.ClickException(f"no {program}: make fuzz installs it")
    with tempfile.TemporaryDirectory(prefix="headrace-fuzz-") as name, Watchdog() as watchdog:
        folder = Path(name)
        kafka = Kafka(folder / "kafka", watchdog)
        kafka.start()
        settings = {"HEADRACE_STREAMS": ",".join(STREAMS)}
        edge = edge_process(kafka.address, folder, watchdog, settings)
        try:
            edge.start()
            code = _fuzz(program, f"http://127.0.0.1:{edge.port}", seconds, seed)
            lives = edge.child.running and edge.ask("GET", "/readyz").status == 200
            click.echo(edge.child.tail(20))
        finally:
            edge.child.stop()
            kafka.stop()
    if code or not lives:
        raise click.ClickException("found something, see above" if lives else "the edge ended")


def _fuzz(program: str, address: str, seconds: int, seed: int) -> int:
    command = [program, "run", f"{address}/openapi.json", "--url", address, "--checks", _CHECKS]
    command += ["--max-time", str(seconds), "--seed", str(seed), "--continue-on-failure"]
    return subprocess.run(command, check=False, timeout=seconds + _LONGER_SECONDS).returncode


if __name__ == "__main__":
    main()
