"""`headrace worker`: the same as `faust -A app worker -l info`."""

import os
import sys

import click

from app.cli.beside_up import beside_up
from app.worker.niceness import step_behind_core
from app.worker.source_process import run_source
from config.roles import CORE, SOURCE, check_role
from config.settings import Settings
from config.streams import chosen_streams
from sinks.configured import configured_sinks
from sources.configured import configured_sources


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--role",
    help="core (PostgreSQL), a sink of headrace.yaml, or source-NAME; HEADRACE_ROLE, or core.",
)
@click.option("--streams", help="Only these, with commas between them; by default all.")
@click.argument("faust_options", nargs=-1, type=click.UNPROCESSED)
def worker(role: str | None, streams: str | None, faust_options: tuple[str, ...]) -> None:
    """Read events, store them exactly, keep the live tables.

    Start as many as you like: they share the topics' partitions. Workers with other --streams work
    beside them; no stream may be in two different choices at once. The same as
    `faust -A app worker -l info`; FAUST_OPTIONS are Faust's own.

    Where neither HEADRACE_BROKER nor HEADRACE_DATABASE is set, it works for the `headrace up` that
    runs here.

    A source (source-NAME) reads outside and writes to Kafka: one process each.
    """
    if role is not None:
        os.environ["HEADRACE_ROLE"] = role
    if streams is not None:
        os.environ["HEADRACE_STREAMS"] = streams
    named = Settings()
    settings = beside_up(named)
    if settings is not named:
        # by the environment, as this process becomes Faust's
        os.environ["HEADRACE_BROKER"] = settings.broker
        os.environ["HEADRACE_DATABASE"] = settings.database.get_secret_value()
    if settings.role.startswith(SOURCE):
        run_source(settings)
        return
    if settings.role != CORE:
        check_role(
            settings.role,
            [*configured_sinks(settings), *configured_sources(settings)],
            settings.config,
        )
        step_behind_core()
    chosen_streams(settings)  # told here what is wrong, before Faust is loaded
    command = [sys.executable, "-m", "faust", "-A", "app", "worker", "-l", "info", *faust_options]
    os.execv(sys.executable, command)  # noqa: S606 - this very interpreter
