"""`headrace replay --source dead-letters`: `headrace dead-letters replay` by another name."""

from collections.abc import Mapping

import click

from app.cli.dead_letters_replay import How, replay_all
from config.settings import Settings
from db.dead_letters import Wanted
from devstack.place.addresses import Places
from models.streams import Stream
from models.writing import EventWriter
from sinks.history import TimeSpan

SOURCE = "dead-letters"


def refuse_what_letters_do_not_know(into: str, given: Mapping[str, object]) -> None:
    """Raise UsageError for a target that letters do not go to, and options of other sources."""
    if into != "same":
        raise click.BadParameter(
            "dead letters go to the topic that they came from, and from there to everybody who "
            "reads it: say same. For letters of another database name that as HEADRACE_DATABASE",
            param_hint="--into",
        )
    if more := [name for name, value in given.items() if value]:
        raise click.UsageError(f"--source {SOURCE} knows no {', '.join(more)}")


async def replay_letters(
    settings: Settings, stream: Stream, span: TimeSpan, writer: EventWriter
) -> None:
    """Send those of the stream in that time once more, brought to the writer's version."""
    places = Places.find(settings)
    topic = settings.topic(stream.topic)
    wanted = Wanted([topic], begin=span.begin, end=span.end, replayed_too=False)
    how = How(expression=None, edit=False, now=False, dry_run=False, upcast=writer.brought_up)
    await replay_all(settings, places.database.address, places.broker.address, wanted, how)
