"""`headrace recompute`."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import click

from app.cli.beside_up import beside_up
from app.cli.moments import Moment
from app.cli.recompute_progress import Progress, progress
from config.settings import Settings
from config.streams import known_streams, user_sql
from db.connecting import reach
from models.streams import Stream
from models.windows import Window
from sinks.postgres.recompute import CannotRebuild, Recompute
from sinks.postgres.recompute_steps import Span, written


@click.command()
@click.argument("window")
@click.option("--from", "begin", type=Moment(), required=True, help="Like 2026-11-22T10:00Z.")
@click.option("--to", "end", type=Moment(), help="By default now.")
@click.option("--dry-run", is_flag=True, help="Say what is wrong, change nothing.")
@click.option("--with-fewer", is_flag=True, help="Also where raw rows are missing; see above.")
def recompute(
    *, window: str, begin: datetime, end: datetime | None, dry_run: bool, with_fewer: bool
) -> None:
    """Rebuild WINDOW, like traffic_by_cdn, from the stored raw rows: exact beside running workers.

    Goes hour by hour, rounded outward to whole windows. Each is compared with its raw rows, and
    only what differs is rebuilt; so it may be stopped at any moment and run again. Windows that
    would lose events, since raw rows were dropped, are refused: "--with-fewer" has them follow the
    raw rows all the same. Where neither HEADRACE_DATABASE nor HEADRACE_BROKER is set, it works for
    the `headrace up` that runs here.
    """
    end = end or datetime.now(UTC)
    if begin >= end:
        raise click.BadParameter("must be before --to", param_hint="--from")
    settings = beside_up(Settings())
    stream, declared = _find(window, settings)
    dsn = settings.database.get_secret_value()
    try:
        with progress(declared.name, dry_run=dry_run) as shown:
            rebuild = Recompute(
                dsn,
                stream,
                declared,
                user_sql=user_sql(settings),
                with_fewer=with_fewer,
                on_waiting=shown.waiting,
            )
            asyncio.run(reach(dsn))  # an address that is wrong is not waited for; later it is
            asyncio.run(_run(rebuild, begin, end, shown, dry_run=dry_run))
    except CannotRebuild as error:
        raise click.ClickException(str(error)) from error


async def _run(
    rebuild: Recompute, begin: datetime, end: datetime, shown: Progress, *, dry_run: bool
) -> None:
    step: Span | None = None
    try:
        steps = await rebuild.plan(begin, end)
        shown.planned(steps)
        for step in steps:
            shown.done(step, await rebuild.step(step, dry_run=dry_run))
    except CannotRebuild as refusal:
        assert step is not None  # noqa: S101 - a plan refuses nothing
        raise CannotRebuild(f"{refusal}. {await _advice(rebuild, step)}") from refusal
    finally:
        await rebuild.close()


async def _advice(rebuild: Recompute, step: Span) -> str:
    """Say what to do about raw rows that are missing in a step."""
    first = await rebuild.first_rows(step.begin)
    go_on = step.end if first is None or first < step.end else first
    return (
        f"Nothing of {step} was changed, all before it is done. To leave it as it is, go on with "
        f"--from {written(go_on)}; if rows were deleted on purpose, --with-fewer"
    )


def _find(name: str, settings: Settings) -> tuple[Stream, Window]:
    known = _windows(known_streams(settings))
    if name not in known:
        raise click.BadParameter(
            f"no window {name!r}; there are {', '.join(sorted(known))}", param_hint="WINDOW"
        )
    return known[name]


def _windows(streams: Mapping[str, Stream]) -> dict[str, tuple[Stream, Window]]:
    return {
        window.name: (stream, window) for stream in streams.values() for window in stream.windows
    }
