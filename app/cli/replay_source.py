"""The history that `headrace replay --source` names."""

from dataclasses import dataclass
from typing import cast

import click
from pydantic import ValidationError

from config.environment import plain_words
from config.settings import Settings
from models.streams import Stream
from sinks.configured import configured_sinks, kind_of
from sinks.history import History, TimeSpan
from sinks.parquet.kind import open_history
from sinks.parquet.options import ParquetOptions
from sinks.postgres.history import PostgresHistory

_PARQUET = "parquet"
_POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Named:
    """What --source and --path say."""

    source: str
    path: str | None

    def history(self, settings: Settings, stream: Stream, dsn: str, span: TimeSpan) -> History:
        """Open it. Raises BadParameter."""
        topic = settings.topic(stream.topic)
        if self.source == _POSTGRES:
            return PostgresHistory(dsn, stream, topic, span)
        kind, _, name = self.source.partition(":")
        if kind != _PARQUET:
            raise click.BadParameter(
                f"{self.source!r} is none: parquet, parquet:NAME, postgres or dead-letters",
                param_hint="--source",
            )
        if self.path is not None:
            return open_history(_at(self.path), stream, "--path", topic, span)
        sinks = {
            each: one
            for each, one in configured_sinks(settings).items()
            if one.entry.kind == _PARQUET and name in ("", each)
        }
        if len(sinks) != 1:
            what = f"several Parquet sinks: {', '.join(sinks)}" if sinks else "no such Parquet sink"
            raise click.BadParameter(
                f"headrace.yaml names {what}. Say parquet:NAME, or --path FOLDER",
                param_hint="--source",
            )
        [(each, configured)] = sinks.items()
        kind_of(configured)
        options = cast("ParquetOptions", configured.options)
        return open_history(options, stream, each, topic, span)


def _at(path: str) -> ParquetOptions:
    try:
        return ParquetOptions(path=path)
    except ValidationError as error:
        words = "; ".join(plain_words(one["type"], one["msg"]) for one in error.errors())
        raise click.BadParameter(words.removeprefix("path: "), param_hint="--path") from None
