"""What a query may ask: a slip in it is told, since who asked for something would not get it."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from edge.messages import NO, YES, Request
from edge.problems import Problem

_KEY = "key"
"""The API key, which the gate takes from the query of every request."""
_LONGEST_SHOWN = 40


def check(request: Request, switches: Collection[str]) -> None:
    """Let a query say yes or no to `switches`, give a key, and nothing else.

    Raises Problem 400. A request without a query costs nothing.
    """
    if not request.query_string:
        return
    known = sorted([*switches, _KEY])
    for name, said in request.query.items():
        if name not in known:
            nearest = get_close_matches(name.lower()[:_LONGEST_SHOWN], known, 1)
            hint = f"did you mean {nearest[0]}? " if nearest else ""
            raise Problem(
                400,
                f"the query has no parameter {name[:_LONGEST_SHOWN]!r}: {hint}there are "
                f"{', '.join(known)}. Nothing was taken",
            )
        if name in switches and said.lower() not in YES | NO:
            raise Problem(400, f"{name} in the query is neither true nor false: nothing was taken")
