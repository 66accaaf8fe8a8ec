"""`headrace worker`: the same as `faust -A app worker -l info`."""

import os
import sys

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--role", default="core", show_default=True, help="Which part of the work to do.")
@click.argument("faust_options", nargs=-1, type=click.UNPROCESSED)
def worker(role: str, faust_options: tuple[str, ...]) -> None:
    """Read events, store them exactly, keep the live tables.

    Start as many as you like: they share the topic's partitions. The same as
    `faust -A app worker -l info`; FAUST_OPTIONS are Faust's own.
    """
    os.environ["HEADRACE_ROLE"] = role
    command = [sys.executable, "-m", "faust", "-A", "app", "worker", "-l", "info", *faust_options]
    os.execv(sys.executable, command)  # noqa: S606 - this very interpreter
