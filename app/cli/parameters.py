"""Kinds of options that several subcommands take."""

import re
from typing import Any

import click

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class Duration(click.ParamType):
    """`90`, `60s`, `5m`, `1.5h`, `7d` in seconds, or `none` for no end."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        if isinstance(value, float) or value == "none":
            return value if isinstance(value, float) else None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(value))
        if match is None:
            self.fail(f"{value!r} is no duration: write 60s, 5m, 1.5h, 7d or none", param, ctx)
        return float(match[1]) * _SECONDS[match[2]]


class Rate(click.ParamType):
    """Events per second; 0 or `max` for as fast as possible."""

    name = "rate"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if value == "max":
            return 0.0
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if not 0 <= rate <= 1_000_000:  # noqa: PLR2004 - ten million sessions
            self.fail(
                f"{value!r} is no rate: write a number of events per second, or max", param, ctx
            )
        return rate
