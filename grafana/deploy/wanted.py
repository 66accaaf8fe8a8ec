"""One thing that has to stand in Grafana."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["folder", "data source", "dashboard", "alert rule", "alert group"]

KINDS: tuple[Kind, ...] = ("folder", "data source", "dashboard", "alert rule", "alert group")
"""In the order in which they need each other."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`body` is what Grafana should answer about it, `uid` its name there (a group's: its title).

    Secrets are written and never read back, so they are no part of the body. `unset` are the
    environment variables that the body needs, `unset_secrets` those that only the secrets need.
    """

    kind: Kind
    uid: str
    body: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    unset: tuple[str, ...] = ()
    unset_secrets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"
