"""`headrace doctor`."""

import asyncio
import json
import logging
import sys
from dataclasses import asdict

import click

from devstack.screen.wrapped import wrapped
from doctor.run import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
def doctor(*, as_json: bool) -> None:
    """Look at everything that Headrace needs, and say what is wrong and what to do.

    Broker, topics and who holds their partitions, database, migrations, TimescaleDB, rights,
    clocks, ports, disk, variables, Grafana: of HEADRACE_BROKER and HEADRACE_DATABASE, or of the
    `headrace up` that runs here; and its sinks, sources and edge: whether each stores or reads, or
    what it waits for. Changes nothing. Exit code 0: all is well, 1: something is not.
    """
    logging.disable(logging.CRITICAL)  # aiokafka tells of a broker that is away in its own words
    findings = asyncio.run(examine())
    well = all(finding.ok for finding in findings)
    if as_json:
        checks = [asdict(finding) | {"ok": finding.ok} for finding in findings]
        click.echo(json.dumps({"ok": well, "checks": checks}, indent=2))
    else:
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            cure = f"  → {finding.cure}" if finding.cure else ""
            mark = click.style("✓", fg="green") if finding.ok else click.style("✗", fg="red")
            told = wrapped(f"  {finding.check:{width}}  {finding.said}{cure}", width + 4)
            click.echo(mark + told[1:])
    sys.exit(0 if well else 1)
