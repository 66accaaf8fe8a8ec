"""The group that all subcommands belong to."""

import os
from difflib import get_close_matches

import click

from app.cli.compact import compact
from app.cli.config import config
from app.cli.dead_letters import dead_letters
from app.cli.dictionary import dictionary
from app.cli.doctor import doctor
from app.cli.down import down
from app.cli.edge import edge
from app.cli.engines import engines
from app.cli.epoch import epoch
from app.cli.generate import generate
from app.cli.grafana import grafana
from app.cli.migrate import migrate
from app.cli.psql import psql
from app.cli.recompute import recompute
from app.cli.replay import replay
from app.cli.schema import schema
from app.cli.send import send
from app.cli.status import status
from app.cli.storage import storage
from app.cli.up import up
from app.cli.worker import worker
from app.errors import EXIT_CODE, told, warn_of_unknown_variables


class Mistake(click.ClickException):
    """An everyday mistake, told without a traceback."""

    exit_code = EXIT_CODE


class Told(click.Group):
    """Tells everyday mistakes of all its subcommands in words; `--debug` shows where they rose."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if close := get_close_matches(args[0], self.list_commands(ctx), 1):
                error.message += f" Did you mean {close[0]}?"
            raise

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if ctx.params["debug"] or (words := told(error)) is None:
                raise
            raise Mistake(words) from None


@click.group(
    cls=Told, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="headrace")
@click.option(
    "--debug",
    is_flag=True,
    envvar="HEADRACE_DEBUG",
    help="Show the traceback of everyday mistakes too: headrace --debug migrate",
)
@click.pass_context
def main(context: click.Context, *, debug: bool) -> None:
    """Turn what clients do into exact per-minute numbers.

    `headrace up` runs everything on this machine and shows live numbers; the other commands are its
    parts. Settings come from HEADRACE_* environment variables: docs/reference/settings.md.
    """
    if debug:
        os.environ["HEADRACE_DEBUG"] = "true"  # for the worker that this process becomes
    if context.invoked_subcommand != "worker":  # Faust's command says it
        warn_of_unknown_variables()


main.add_command(up)
main.add_command(compact)
main.add_command(config)
main.add_command(status)
main.add_command(storage)
main.add_command(down)
main.add_command(psql)
main.add_command(send)
main.add_command(dead_letters)
main.add_command(doctor)
main.add_command(dictionary)
main.add_command(edge)
main.add_command(engines)
main.add_command(epoch)
main.add_command(generate)
main.add_command(grafana)
main.add_command(migrate)
main.add_command(recompute)
main.add_command(replay)
main.add_command(schema)
main.add_command(worker)
