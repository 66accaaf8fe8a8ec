"""HEADRACE_* variables that nothing reads: a letter too few, and a default holds without a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.edge_settings import EdgeSettings
from config.environment import unknown_variables, variables
from config.settings import Settings
from doctor.finding import Finding


def check_variables(names: Iterable[str]) -> Iterator[Finding]:
    """Name those that nothing reads, each with the nearest that something does."""
    unknown = unknown_variables([*variables(Settings), *variables(EdgeSettings)], names)
    for line in unknown:
        said, _, cure = line.partition(": ")
        yield Finding("variables", said, cure)
    if not unknown:
        yield Finding("variables", "every HEADRACE_* variable that is set is known")
