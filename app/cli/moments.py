"""Times as options of commands."""

from datetime import UTC, datetime
from typing import Any

import click


class Moment(click.ParamType):
    """ISO 8601, in UTC where it names no zone."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: write it like 2026-11-22T10:00Z", param, ctx)
